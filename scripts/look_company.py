"""The invented company that the sample pages belong to."""

from portal.config.model import Company


def words(en: str, ar: str = "") -> dict[str, str]:
    """One configured text."""
    return {"en": en, "ar": ar or en}


COMPANY = Company.model_validate(
    {
        "name": "Fjordkaffe",
        "legal_name": "Fjordkaffe AS",
        "hosts": ["privacy.fjordkaffe.example"],
        "url": "https://privacy.fjordkaffe.example",
        "country": "NO",
        "time_zone": "Europe/Oslo",
        "languages": ["en", "de", "ar"],
        "theme": {
            "light": {"accent": "#0c4a54", "accent_ink": "#ffffff", "face": "#e9f1f1"},
            "dark": {"accent": "#7fd0dc", "accent_ink": "#04262c", "face": "#0c1a1e"},
            "logo": "logo.svg",
        },
        "sender": {"name": "Fjordkaffe", "email": "privacy@fjordkaffe.example"},
        "controller": {"name": "Fjordkaffe AS", "address": "Bryggen 7, 5003 Bergen", "email": "privacy@fjordkaffe.example"},
        "dpo": {"name": "Solveig Lien", "address": "Bryggen 7, 5003 Bergen", "email": "dpo@fjordkaffe.example"},
        "support": {
            "name": "Fjordkaffe",
            "address": "Bryggen 7, 5003 Bergen",
            "email": "help@fjordkaffe.example",
            "phone": "+47 55 00 00 00",
        },
        "help": words(
            "Ask in any of our shops, or write to us at Bryggen 7, 5003 Bergen. The same dates in law hold.",
            "اسألوا في أي من متاجرنا أو اكتبوا إلينا على العنوان Bryggen 7, 5003 Bergen. المواعيد القانونية نفسها سارية.",
        ),
        "privacy_notice": {"en": "https://www.fjordkaffe.example/privacy", "ar": "https://www.fjordkaffe.example/privacy"},
        "authority": {
            "name": words("the Norwegian Data Protection Authority", "هيئة حماية البيانات النرويجية"),
            "address": "Postboks 458 Sentrum, 0105 Oslo",
            "url": "https://www.datatilsynet.no/en/",
        },
        "laws": ["eu_gdpr"],
        "purposes": {},
        "sources": {},
        "recipients": {},
        "retention_rules": {},
        "decisions": "none",
        "systems": {},
    }
)
