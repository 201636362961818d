"""Words that names and addresses are made of. Invented; likeness to real firms is chance."""

FIRST_NAMES = (
    *("María", "José", "Luis", "Rosa", "Carlos", "Ana", "Jorge", "Carmen", "Juan", "Lucía"),
    *("Miguel", "Patricia", "Víctor", "Elena", "Raúl", "Gladys", "Percy", "Milagros", "Wilmer"),
    *("Yolanda", "Edwin", "Nélida", "Fredy", "Maribel", "Óscar", "Ruth", "Hugo", "Sonia"),
    *("Richard", "Vilma", "Julio", "Karina", "Alfredo", "Flor", "Walter", "Jenny", "Abel"),
)
LAST_NAMES = (
    *("Quispe", "Huamán", "Flores", "Mamani", "Rojas", "Sánchez", "García", "Ramos", "Chávez"),
    *("Vásquez", "Condori", "Torres", "Castillo", "Cárdenas", "Espinoza", "Salazar", "Paredes"),
    *("Ccori", "Yupanqui", "Palomino", "Valdivia", "Zevallos", "Aguilar", "Bustamante", "Ñahui"),
    *("Ayala", "Cusi", "Medina", "Ponce", "Villanueva", "Alarcón", "Tello", "Inga", "Zegarra"),
)
TRADES = (
    *("Comercial", "Inversiones", "Distribuciones", "Corporación", "Negocios", "Grupo"),
    *("Importaciones", "Servicios Generales", "Representaciones", "Ferretería", "Bodega"),
    *("Minimarket", "Agropecuaria", "Transportes", "Constructora", "Botica", "Restaurante"),
    *("Textiles", "Multiservicios", "Librería", "Panadería", "Industrias", "Hostal"),
)
PLACES = (
    *("Los Andes", "El Sol", "San Martín", "Santa Rosa", "Pachamama", "Inti Raymi", "Amauta"),
    *("Vilcanota", "Huascarán", "Misti", "Señor de Sipán", "El Pacífico", "Chavín", "Tumi"),
    *("La Merced", "Virgen del Carmen", "Ollanta", "El Trébol", "Nueva Era", "Mochica"),
    *("Apurímac", "Mantaro", "Sacsayhuamán", "La Esperanza", "Kuntur", "Qorikancha", "Wari"),
    *("Las Dunas", "El Algarrobo", "Paracas", "Titicaca", "Ayni", "San Cristóbal", "Urubamba"),
)
FORMS = ("S.A.C.", "S.A.C.", "S.A.C.", "E.I.R.L.", "E.I.R.L.", "S.R.L.", "S.A.")
PUBLIC_BODIES = (
    *("Municipalidad Distrital de {place}", "Gobierno Regional {place}", "Hospital {place}"),
    *("Universidad Nacional {place}", "Red de Salud {place}", "UGEL {place}"),
)
RETAIL_CHAINS = ("Supermercados {place} S.A.", "Tiendas {place} S.A.", "Cadena {place} S.A.")
STREETS = (
    *("Av. Arequipa", "Jr. de la Unión", "Av. Grau", "Calle Las Begonias", "Jr. Bolognesi"),
    *("Av. Los Incas", "Calle Real", "Av. La Marina", "Jr. Puno", "Av. Ejército"),
    *("Psje. Los Pinos", "Av. Tacna", "Calle San Agustín", "Mz. B Lote", "Carretera Central km"),
)
ROLES = ("Cuentas por pagar", "Tesorería", "Gerencia general", "Administración", "Propietario")

# (district code of l10n_pe, department, province, district, weight)
DISTRICTS = (
    ("150122", "15", "Lima", "Miraflores", 8),
    ("150131", "15", "Lima", "San Isidro", 7),
    ("150103", "15", "Lima", "Ate", 8),
    ("150115", "15", "Lima", "La Victoria", 8),
    ("150140", "15", "Lima", "Santiago de Surco", 6),
    ("150117", "15", "Lima", "Los Olivos", 5),
    ("150110", "15", "Lima", "Comas", 4),
    ("150132", "15", "Lima", "San Juan de Lurigancho", 5),
    ("150116", "15", "Lima", "Lince", 3),
    ("150142", "15", "Lima", "Villa El Salvador", 4),
    ("070101", "07", "Callao", "Callao", 5),
    ("040101", "04", "Arequipa", "Arequipa", 6),
    ("040103", "04", "Arequipa", "Cayma", 2),
    ("130101", "13", "Trujillo", "Trujillo", 5),
    ("140101", "14", "Chiclayo", "Chiclayo", 4),
    ("200101", "20", "Piura", "Piura", 4),
    ("200601", "20", "Sullana", "Sullana", 2),
    ("080101", "08", "Cusco", "Cusco", 4),
    ("080108", "08", "Cusco", "Wanchaq", 2),
    ("120101", "12", "Huancayo", "Huancayo", 3),
    ("110101", "11", "Ica", "Ica", 3),
    ("211101", "21", "San Román", "Juliaca", 2),
    ("160101", "16", "Maynas", "Iquitos", 2),
    ("220901", "22", "San Martín", "Tarapoto", 2),
    ("230101", "23", "Tacna", "Tacna", 2),
    ("060101", "06", "Cajamarca", "Cajamarca", 2),
    ("021801", "02", "Santa", "Chimbote", 2),
    ("050101", "05", "Huamanga", "Ayacucho", 1),
    ("250101", "25", "Coronel Portillo", "Callería", 1),
)

# Departments served by the second sales office.
NORTH = ("02", "06", "13", "14", "16", "20", "22", "25", "12")

# country, state, city, time zone, language, dialling code, digits after it, names of firms
ABROAD = (
    ("cl", "base.state_cl_13", "Santiago", "America/Santiago", "es_419", "+56 9", 8,
     ("Comercial Mapocho SpA", "Importadora Cordillera Ltda.", "Austral Mercado SpA")),
    ("co", "base.state_co_03", "Bogotá", "America/Bogota", "es_419", "+57 3", 9,
     ("Distribuciones Monserrate S.A.S.", "Cafetal del Norte S.A.S.", "La Candelaria S.A.S.")),
    ("ec", "base.state_ec_09", "Guayaquil", "America/Guayaquil", "es_419", "+593 9", 8,
     ("Importadora Guayas S.A.", "Comercial Malecón Cía. Ltda.", "Austro Andino S.A.")),
    ("mx", "base.state_mx_df", "Ciudad de México", "America/Mexico_City", "es_419", "+52 55", 8,
     ("Comercializadora Anáhuac S.A. de C.V.", "Grupo Tenoch S. de R.L.", "Sabores Mexica S.A.")),
    ("us", "base.state_us_10", "Miami", "America/New_York", "en_US", "+1 305 55", 5,
     ("Biscayne Imports LLC", "Andean Foods of Florida Inc.", "Gulfstream Trading LLC")),
    ("us", "base.state_us_5", "Los Angeles", "America/Los_Angeles", "en_US", "+1 213 55", 5,
     ("Pacific Quinoa Co.", "Sunset Alpaca Wear LLC", "Bay Produce Partners LLC")),
    ("es", "base.state_es_m", "Madrid", "Europe/Madrid", "es_419", "+34 6", 8,
     ("Sabores de Ultramar S.L.", "Importaciones Chamberí S.L.", "Lana y Alpaca Ibérica S.L.")),
)  # fmt: skip
