"""The forms that the sample pages show; the portal has its own."""

from wtforms import Form, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, EmailInput, ListWidget, TextInput


class AddressForm(Form):
    """Asks for an address."""

    email = StringField("Your e-mail address", widget=EmailInput(), render_kw={"autocomplete": "email", "inputmode": "email"})


class CodeForm(Form):
    """Asks for the code of a mail."""

    code = StringField("Code of 8 digits", render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"})


class DetailForm(Form):
    """Asks for one detail out of several kinds."""

    kind = RadioField(
        "What do you have at hand?",
        choices=[
            ("customer_number", "Your customer number"),
            ("postcode", "Your postcode"),
            ("order_number", "The number of an order"),
        ],
    )
    value = StringField("The detail", widget=TextInput())


class QuestionForm(Form):
    """Asks for a number and words."""

    number = StringField("Customer or order number", widget=TextInput())
    message = TextAreaField("What is it about?", render_kw={"rows": "6"})


class MessageForm(Form):
    """Asks for words about a request."""

    message = TextAreaField("Write to us about this request", render_kw={"rows": "4"})


class ReceiptForm(Form):
    """Asks for a receipt."""

    receipt = TextAreaField("The receipt", render_kw={"rows": "8", "dir": "ltr"})


class OneDetailForm(Form):
    """Asks for the one detail that opens a sensitive group."""

    value = StringField("Your postcode", widget=TextInput())


CATEGORIES = [
    ("who", "Who you are"),
    ("contact", "How to reach you"),
    ("bought", "What you bought"),
    ("wrote", "What you wrote"),
    ("health", "Allergies and diet"),
    ("others", "What others told us"),
]


class CopyForm(Form):
    """Asks what goes into the copy."""

    scope = RadioField("Your copy", choices=[("all", "Everything we hold"), ("some", "Only what I choose below")])
    categories = SelectMultipleField(
        "Only these", choices=CATEGORIES, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )


def with_errors(form: Form, **errors: str) -> Form:
    """The form as it comes back with something to put right."""
    for name, error in errors.items():
        form[name].errors = [error]
    return form
