"""What a call says, by language. Only the sentences of ``DEBT`` speak of money: they are never
said before the person at the other end said who they are."""

DEBT = frozenset(
    {"text", "overdue", "upcoming", "settled", "confirm_day", "promised", "promise_asked"}
)

PHRASES = {
    "en": {
        "greeting": "Hello. This is an automated call from {company}.",
        "recorded": "This call is recorded.",
        "test": "This is a test call.",
        "person": "If you are {name}, press 1. If you are somebody else, press 2. "
        "If this is not the right number for {name}, press 9.",
        "company": "If you answer for {name}, press 1. If you are somebody else, press 2. "
        "If this is not the right number for {name}, press 9.",
        "again": "Sorry, we did not understand you.",
        "denied": "Thank you. Sorry for the inconvenience.",
        "wrong_number": "Thank you. We will not call this number again.",
        "goodbye": "Goodbye.",
        "machine": "Hello. This is a message from {company} for {name}. Please call us at {phone}. "
        "Thank you.",
        "machine_without_phone": "Hello. This is a message from {company} for {name}. "
        "Please get in touch with us. Thank you.",
        "text": "{text}",
        "overdue": "You owe {amounts}. The oldest payment was due on {date}.",
        "upcoming": "You have {amounts} to pay. The first payment is due on {date}.",
        "settled": "There is nothing left to pay on your account. Thank you.",
        "option_promise": "To tell us on which day you will pay, press 1.",
        "option_link": "To receive a message with how to pay, press 2.",
        "option_person": "To speak with a person, press 3.",
        "option_stop": "To receive no more calls, press 9.",
        "day_option": "If you will pay on {date}, press {key}.",
        "day_other": "To enter another day, press {key}.",
        "day_typed": "Enter the day of the month with two digits. For example, zero five for the "
        "fifth.",
        "confirm_day": "You will pay {amounts} on {date}. If that is right, press 1. "
        "To choose another day, press 2.",
        "promised": "Thank you. We have noted that you will pay on {date}.",
        "promise_asked": "Thank you. We have noted {date}. Somebody of our team will confirm it.",
        "promise_refused": "We could not note it. Somebody of our team will get in touch with you.",
        "link_sent": "You will receive a message with how to pay.",
        "link_failed": "We cannot send it right now. Somebody of our team will do it.",
        "transfer": "One moment, please. We are connecting you.",
        "transfer_failed": "Nobody can take the call right now. Somebody of our team will call "
        "you back.",
        "stopped": "We will not call you any more.",
        "test_done": "This is a test. Nothing was noted.",
    },
    "es": {
        "greeting": "Hola. Esta es una llamada automática de {company}.",
        "recorded": "Esta llamada se graba.",
        "test": "Esta es una llamada de prueba.",
        "person": "Si usted es {name}, marque 1. Si es otra persona, marque 2. "
        "Si este no es el número de {name}, marque 9.",
        "company": "Si usted responde por {name}, marque 1. Si es otra persona, marque 2. "
        "Si este no es el número de {name}, marque 9.",
        "again": "Disculpe, no le hemos entendido.",
        "denied": "Gracias. Disculpe la molestia.",
        "wrong_number": "Gracias. No volveremos a llamar a este número.",
        "goodbye": "Hasta luego.",
        "machine": "Hola. Este es un mensaje de {company} para {name}. Por favor, llámenos al "
        "{phone}. Gracias.",
        "machine_without_phone": "Hola. Este es un mensaje de {company} para {name}. "
        "Por favor, comuníquese con nosotros. Gracias.",
        "text": "{text}",
        "overdue": "Usted tiene un saldo vencido de {amounts}. El pago más antiguo venció el "
        "{date}.",
        "upcoming": "Usted tiene por pagar {amounts}. El primer pago vence el {date}.",
        "settled": "Su cuenta está al día. Gracias.",
        "option_promise": "Para indicarnos qué día va a pagar, marque 1.",
        "option_link": "Para recibir un mensaje con la forma de pago, marque 2.",
        "option_person": "Para hablar con una persona, marque 3.",
        "option_stop": "Para no recibir más llamadas, marque 9.",
        "day_option": "Si va a pagar el {date}, marque {key}.",
        "day_other": "Para ingresar otro día, marque {key}.",
        "day_typed": "Ingrese el día del mes con dos dígitos. Por ejemplo, cero cinco para el "
        "día cinco.",
        "confirm_day": "Usted va a pagar {amounts} el {date}. Si es correcto, marque 1. "
        "Para elegir otro día, marque 2.",
        "promised": "Gracias. Hemos registrado que va a pagar el {date}.",
        "promise_asked": "Gracias. Hemos anotado el {date}. Una persona de nuestro equipo se lo "
        "confirmará.",
        "promise_refused": "No pudimos registrarlo. Una persona de nuestro equipo se comunicará "
        "con usted.",
        "link_sent": "Recibirá un mensaje con la forma de pago.",
        "link_failed": "En este momento no podemos enviarlo. Una persona de nuestro equipo lo "
        "hará.",
        "transfer": "Un momento, por favor. Le comunicamos.",
        "transfer_failed": "En este momento nadie puede atenderle. Una persona de nuestro equipo "
        "le devolverá la llamada.",
        "stopped": "No le llamaremos más.",
        "test_done": "Esta es una prueba. No se registró nada.",
    },
    "pt": {
        "greeting": "Olá. Esta é uma ligação automática de {company}.",
        "recorded": "Esta ligação é gravada.",
        "test": "Esta é uma ligação de teste.",
        "person": "Se você é {name}, tecle 1. Se é outra pessoa, tecle 2. "
        "Se este não é o número de {name}, tecle 9.",
        "company": "Se você responde por {name}, tecle 1. Se é outra pessoa, tecle 2. "
        "Se este não é o número de {name}, tecle 9.",
        "again": "Desculpe, não entendemos.",
        "denied": "Obrigado. Desculpe o incômodo.",
        "wrong_number": "Obrigado. Não ligaremos mais para este número.",
        "goodbye": "Até logo.",
        "machine": "Olá. Este é um recado de {company} para {name}. Por favor, ligue para "
        "{phone}. Obrigado.",
        "machine_without_phone": "Olá. Este é um recado de {company} para {name}. "
        "Por favor, entre em contato conosco. Obrigado.",
        "text": "{text}",
        "overdue": "Você tem {amounts} em atraso. O pagamento mais antigo venceu em {date}.",
        "upcoming": "Você tem {amounts} a pagar. O primeiro pagamento vence em {date}.",
        "settled": "Sua conta está em dia. Obrigado.",
        "option_promise": "Para nos dizer em que dia vai pagar, tecle 1.",
        "option_link": "Para receber uma mensagem com as formas de pagamento, tecle 2.",
        "option_person": "Para falar com uma pessoa, tecle 3.",
        "option_stop": "Para não receber mais ligações, tecle 9.",
        "day_option": "Se vai pagar em {date}, tecle {key}.",
        "day_other": "Para digitar outro dia, tecle {key}.",
        "day_typed": "Digite o dia do mês com dois algarismos. Por exemplo, zero cinco para o "
        "dia cinco.",
        "confirm_day": "Você vai pagar {amounts} em {date}. Se está certo, tecle 1. "
        "Para escolher outro dia, tecle 2.",
        "promised": "Obrigado. Anotamos que vai pagar em {date}.",
        "promise_asked": "Obrigado. Anotamos {date}. Uma pessoa da nossa equipe vai confirmar.",
        "promise_refused": "Não foi possível anotar. Uma pessoa da nossa equipe entrará em "
        "contato.",
        "link_sent": "Você receberá uma mensagem com as formas de pagamento.",
        "link_failed": "Não podemos enviar agora. Uma pessoa da nossa equipe vai enviar.",
        "transfer": "Um momento, por favor. Estamos transferindo a ligação.",
        "transfer_failed": "Ninguém pode atender agora. Uma pessoa da nossa equipe retornará a "
        "ligação.",
        "stopped": "Não ligaremos mais para você.",
        "test_done": "Isto é um teste. Nada foi anotado.",
    },
}
