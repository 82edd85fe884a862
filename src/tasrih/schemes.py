"""The label schemes: statement tags, topics and stances, with their Arabic names and definitions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a scheme.

    Attributes:
        name: the label as results and configs write it.
        arabic: its Arabic name.
        definition: what it marks, in a sentence.
        searle: class of illocutionary act (Searle 1976), for statement tags.
        plover: event types of PLOVER that it falls under, for statement tags.
        code: IPTC Media Topics code, for topics.
    """

    name: str
    arabic: str
    definition: str
    searle: str | None = None
    plover: tuple[str, ...] = ()
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A named set of labels, one of which (or several, if ``multi_label``) a text gets."""

    name: str
    labels: tuple[Label, ...]
    multi_label: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names, in the scheme's order."""
        return tuple(label.name for label in self.labels)

    def __getitem__(self, name: str) -> Label:
        for label in self.labels:
            if label.name == name:
                return label
        raise KeyError(f"{name!r} is no label of {self.name}: choose from {', '.join(self.names)}")

    def arabic(self, name: str) -> str:
        """Give a label's Arabic name, or the name itself if the scheme does not know it."""
        return next((label.arabic for label in self.labels if label.name == name), name)


STATEMENT = Scheme(
    "statement",
    (
        Label(
            "security_support", "دعم أمني",
            "offers, pledges, declares readiness for, or announces giving military, security or defence support",
            "commissive", ("AID", "COOPERATE"),
        ),
        Label(
            "aid", "مساعدات",
            "offers, pledges or announces humanitarian, medical, economic, financial or technical help",
            "commissive", ("AID", "COOPERATE"),
        ),
        Label(
            "endorsement", "تأييد",
            "welcomes, praises, thanks, congratulates, backs politically, expresses solidarity or confidence",
            "expressive", ("SUPPORT",),
        ),
        Label(
            "cooperation", "تعاون", "agrees, or says it is willing, to work or talk together",
            "commissive", ("AGREE", "CONSULT", "COOPERATE"),
        ),
        Label(
            "commitment", "تعهّد", "binds itself to its own future course: pledge, resolve, plan or decision",
            "commissive",
        ),
        Label(
            "call", "دعوة", "demands, urges, advises or appeals that others act, stop or refrain",
            "directive", ("REQUEST", "DEMAND"),
        ),
        Label(
            "request", "طلب", "asks for help, support, permission or a decision in its own favour",
            "directive", ("REQUEST", "DEMAND"),
        ),
        Label(
            "warning", "تحذير",
            "alerts to a danger or bad consequence that the speaker does not itself promise to cause",
            "assertive", ("THREATEN",),
        ),
        Label(
            "threat", "تهديد", "announces that it will or may harm, punish, sanction or use force against someone",
            "commissive", ("THREATEN",),
        ),
        Label(
            "condemnation", "إدانة", "condemns, denounces, deplores, protests or strongly criticises an act or party",
            "expressive", ("ACCUSE",),
        ),
        Label(
            "accusation", "اتهام", "attributes wrongdoing, blame or a hidden hand to a party as the speaker's claim",
            "assertive", ("ACCUSE",),
        ),
        Label(
            "rejection", "رفض", "refuses or opposes a proposal, demand, plan, role or idea", "assertive", ("REJECT",)
        ),
        Label("denial", "نفي", "denies a claim, report or responsibility", "assertive", ("REJECT",)),
    ),
    multi_label=True,
)  # fmt: skip

TOPIC = Scheme(
    "topic",
    tuple(
        Label(name, arabic, definition, code=f"{code:02d}000000")
        for name, code, arabic, definition in (
            ("arts_culture_media", 1, "فنون وثقافة وإعلام", "film, music, literature, heritage, press as subject"),
            ("conflict_war_peace", 16, "نزاع وحرب وسلام", "armed conflict, terrorism, coups, ceasefires, peace talks"),
            ("crime_law_justice", 2, "جريمة وقانون وقضاء", "crime, police, courts, laws as law, corruption cases"),
            ("disaster_accident", 3, "كوارث وحوادث", "accidents, fires, natural disasters, rescue"),
            ("economy_business", 4, "اقتصاد وأعمال", "companies, markets, finance, trade, oil, housing"),
            ("education", 5, "تعليم", "schools, universities, examinations"),
            ("environment", 6, "بيئة", "pollution, climate change, conservation, wildlife"),
            ("health", 7, "صحة", "disease, medicine, hospitals, health policy"),
            ("human_interest", 8, "قضايا إنسانية ومنوعات", "curiosities, private lives, records, animal stories"),
            ("labour", 9, "عمل وعمال", "employment, strikes, unions, wages, labour law"),
            ("lifestyle_leisure", 10, "نمط حياة وترفيه", "food, fashion, travel tips, festivals, games, hobbies"),
            (
                "politics_government",
                11,
                "سياسة وحكومة",
                "government, elections, parties, diplomacy, official ceremonies",
            ),
            ("religion", 12, "دين", "worship, pilgrimage, religious teaching and institutions"),
            ("science_technology", 13, "علوم وتكنولوجيا", "research, space, computing, phones, the internet"),
            ("society", 14, "مجتمع", "family, women, children, migration, poverty, charity, rights, customs"),
            ("sport", 15, "رياضة", "all sport"),
            ("weather", 17, "طقس", "forecasts, heat waves, dust, rain as weather"),
        )
    ),
)

STANCE = Scheme(
    "stance",
    (
        Label("favor", "مؤيد", "the speaker is for the target, as the text shows it"),
        Label("against", "معارض", "the speaker is against the target, as the text shows it"),
        Label("neutral", "محايد", "the target is mentioned, no attitude shown"),
    ),
)

#: Task name to its scheme.
SCHEMES: dict[str, Scheme] = {scheme.name: scheme for scheme in (TOPIC, STATEMENT, STANCE)}
