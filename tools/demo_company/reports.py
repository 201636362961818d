"""What the department knows of itself: a provision, a random comparison, a report every month."""

from datetime import datetime, time, timedelta

from freezegun import freeze_time

from . import desk

# days late -> percent provided, until the company's own history says otherwise
BANDS = ((0, 1), (31, 5), (61, 15), (91, 30), (181, 60), (361, 100))
OUTCOME_DAYS = 14
LOOK_EVERY = 3  # days


def begin_comparison(department):
    """Share the debtors of the first day out by lot: does a question in the subject bring more?"""
    if "collections.experiment" not in department.env:
        return
    text = department.ref("mail_template_second_neutral").copy(
        {
            "name": "Segundo recordatorio, con una pregunta",
            "subject": "{{ object.salutation_name }}: ¿qué día nos paga?",
        }
    )
    comparison = department.env["collections.experiment"].create(
        {
            "name": "¿Paga antes quien recibe una pregunta?",
            "company_id": department.company.id,
            "hypothesis": "Quien lee una pregunta en el asunto responde, y quien responde paga.",
            "outcome_days": OUTCOME_DAYS,
            "least_sample": 50,
            "longest_days": 120,
            "arm_ids": [
                (0, 0, {"name": "Como hoy", "is_control": True}),
                (0, 0, {
                    "name": "Con una pregunta",
                    "treatment": "template",
                    "step_id": department.ref("collections_step_standard_day_10").id,
                    "template_id": text.id,
                    "sequence": 20,
                }),
            ],
        }
    )  # fmt: skip
    comparison.with_user(department.user("jefe")).action_start()
    comparison._enter()


def ensure(department):
    """Look at the comparison as every night did; provide for doubtful debts; send each month."""
    if "collections.experiment" not in department.env:
        return
    _look(department)
    _provide(department)
    _send(department)


def _look(department):
    running = department.env["collections.experiment"]._get_running(department.company)
    first = desk.FIRST_DAY - OUTCOME_DAYS
    for days_ago in range(first, -1, -LOOK_EVERY):
        night = datetime.combine(department.day(days_ago), time(desk.HOURS[0] - 2))
        with freeze_time(night, tick=True):
            running._look()


def _provide(department):
    """The accountant provides for the last two month-ends: first by the entered percentages, then
    by what became of the debts of the past."""
    company, accountant = department.company, department.user("contador")
    company.collections_provision_band_ids = [
        (0, 0, {"days": days, "percent": percent}) for days, percent in BANDS
    ]
    last = department.today.replace(day=1) - timedelta(days=1)
    for day, values in (
        (last.replace(day=1) - timedelta(days=1), {}),
        (
            last,
            {
                "method": "roll_rate",
                "window_months": 12,
                "horizon_months": 6,
                "minimum_count": 5,
            },
        ),
    ):
        provisions = department.env["collections.provision"].with_user(accountant)
        provision = provisions.create({"company_id": company.id, "date": day, **values})
        provision.action_compute()
        if provision.amount_difference:  # a handful of debtors may need as much as before
            provision.action_make_entry()
            provision.move_id.sudo().action_post()


def _send(department):
    """The manager gets the report of the month on its first working day."""
    schedules = department.env["collections.report.schedule"].with_user(department.user("jefe"))
    schedules.create(
        {
            "name": "Cobranza: informe del mes",
            "code": "monthly",
            "company_ids": [(6, 0, department.company.ids)],
            "company_id": department.company.id,
            "period": "last_month",
            "frequency": "monthly",
            "month_day": 1,
            "to_managers": True,
        }
    )
    schedules.create(
        {
            "name": "Cobranza: antigüedad de la cartera",
            "code": "aging",
            "company_ids": [(6, 0, department.company.ids)],
            "company_id": department.company.id,
            "frequency": "weekly",
            "weekday": "0",
            "file_format": "both",
            "to_supervisors": True,
        }
    )
