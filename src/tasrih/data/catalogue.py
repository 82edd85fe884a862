"""The catalogue of public Arabic sets: what each is for, its size, licence and citation, and where it lies.

Facts as the sets' own papers and repositories state them; ``licence`` is "none stated" where they state none, and
what rests on another statement says so in ``note``. Figures are those of the copies under a data root. Of sets that no
copy is had of, two are listed, for they are the ones that others report scores on: AraStance and XL-Sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: What a set can be for, in the order in which the catalogue lists them.
TASKS = ("statement", "topic", "stance", "inference", "summary", "related", "news text", "general text")


@dataclass(frozen=True, slots=True)
class PublicSet:
    """One public set.

    Attributes:
        name: its name.
        task: one of ``TASKS``; ``related`` is a neighbour of the statement task.
        folder: where it lies under a data root: a folder of splits, or a file without its suffix.
        size: rows, by split (train / validation / test) where it has splits.
        licence: as stated by whoever publishes it.
        citation: whom to cite.
        source: where to get it: a GitHub repository unless said otherwise.
        note: what to know before using it.
    """

    name: str
    task: str
    folder: str
    size: str
    licence: str
    citation: str
    source: str
    note: str = ""

    def path(self, root: str | Path) -> Path | None:
        """Find the set under a data root.

        Args:
            root: the data root.

        Returns:
            Its folder or file, or None where it is not there.
        """
        place = Path(root) / self.folder
        files = (place.with_name(place.name + suffix) for suffix in (".jsonl", ".jsonl.xz", ".csv", ".parquet"))
        return next((path for path in (place, *files) if path.exists()), None)


NONE = "none stated"

#: Every set, grouped by task.
CATALOGUE: tuple[PublicSet, ...] = (
    PublicSet(
        "tasrih statements", "statement", "statements", "8,005 / 1,014 / 750", "CC BY-NC-SA 4.0 (labels CC BY 4.0)",
        "tasrih", "comes with the data root", "labels by a large language model; sentences of SaudiNewsNet and SANAD",
    ),
    PublicSet(
        "tasrih topics", "topic", "topic_iptc", "1,499 / 201 / 400", "as SaudiNewsNet, ANT and SANAD", "tasrih",
        "comes with the data root", "the 17 top topics of IPTC; labels by a large language model",
    ),
    PublicSet(
        "SANAD, Al-Khaleej", "topic", "topic/sanad_khaleej", "34,942 / 4,366 / 4,366", "CC BY 4.0",
        "Einea, Elnagar and Al Debsi 2019, Data in Brief", "data.mendeley.com/datasets/57zpx667y9",
        "7 sections; split by hash, not the authors'",
    ),
    PublicSet(
        "ANT", "topic", "topic/ant", "7,379 / 921 / 921", "Apache-2.0, citation asked for",
        "Chouigui, Ben Khiroun and Elayeb 2017, AICCSA", "antcorpus/antcorpus.data",
        "9 sections of a Tunisian radio; split by hash",
    ),
    PublicSet(
        "ASND", "topic", "topic/asnd", "5,984 / 567 / 1,103", NONE, "Chowdhury et al. 2020, WANLP",
        "shammur/Arabic_news_text_classification_datasets", "12 topics of posts by news accounts, labelled by hand",
    ),
    PublicSet(
        "Hespress 2020", "topic", "topic_unlicensed/hespress_2020", "4,698 / 589 / 589", NONE, "the repository",
        "MohamedIKenedy/Arabic-Text-Classifier", "6 sections of a Moroccan site",
    ),
    PublicSet(
        "BBC and CNN Arabic 2009", "topic", "topic_unlicensed/bbc_cnn_arabic_2009", "4,464 / 559 / 559", NONE,
        "Saad and Ashour 2010 (OSAC)", "menaattia/arabic-fake-news", "Middle East or world",
    ),
    PublicSet(
        "Arab newspapers 2012", "topic", "topic_unlicensed/arab_newspapers_2012", "2,271 / 284 / 284", NONE,
        "the repository", "Nasreddine/arabic_news_papers_for_llms", "6 topics, papers of 19 countries",
    ),
    PublicSet(
        "Al Jazeera and Hespress 2022", "topic", "topic_unlicensed/aljazeera_hespress_2022", "2,269 / 283 / 283", NONE,
        "the repository", "vulca1n/arabic-news-articles-clustering", "4 sections",
    ),
    PublicSet(
        "ANS stance", "stance", "stance/ans", "2,652 / 755 / 379", "Apache-2.0", "Khouja 2020, FEVER", "latynt/ans",
        "headline pairs: agree, disagree, other (7 in test)",
    ),
    PublicSet(
        "Mawqif (StanceEval 2024)", "stance", "stance/mawqif", "3,502 / - / 619", NONE,
        "Alturayeif, Luqman and Ahmed 2022, WANLP", "NoraAlt/Mawqif-Arabic-Stance", "posts, 3 targets",
    ),
    PublicSet(
        "ArabicStanceX", "stance", "stance/arabicstancex", "11,500 / - / 2,977", "CC BY 4.0",
        "Alkhathlan et al. 2025, Frontiers in Artificial Intelligence", "AliAlkhathlan/ArabicStanceX",
        "posts, 17 targets; 55 test texts nearly in train",
    ),
    PublicSet(
        "AuSTR", "stance", "stance/austr", "811 in 5 folds", NONE,
        "Haouari and Elsayed 2024, Social Network Analysis and Mining", "Fatima-Haouari/AuSTR",
        "posts of authorities towards rumours; folds by rumour",
    ),
    PublicSet(
        "ArabicFC (UnifiedFC)", "stance", "stance/arabicfc", "3,042 in 5 folds", NONE, "Baly et al. 2018, NAACL",
        "Ali-Mhrez/Stance-Detection-MLLM", "whole web pages towards a claim; 6-8 % of texts in several folds",
    ),
    PublicSet(
        "AraStance", "stance", "stance/arastance", "2,848 / 569 / 646", NONE, "Alhindi et al. 2021, NLP4IF",
        "Tariq60/arastance", "articles towards a claim",
    ),
    PublicSet(
        "XNLI, Arabic", "inference", "stance/xnli_ar", "- / 2,490 / 5,010", "CC BY-NC 4.0",
        "Conneau et al. 2018, EMNLP; C-XNLI for the test labels", "facebookresearch/XNLI", "no Arabic training file",
    ),
    PublicSet(
        "SICK, Arabic", "inference", "stance/arnli_sick", "4,756 / 594 / 595", NONE, "Marelli et al. 2014 (SICK)",
        "OmarMohammed88/Arabic-NLI", "over half of the test texts stand in train: do not report its test score",
    ),
    PublicSet(
        "ArbTEDS", "inference", "stance/arbteds", "420 / 90 / 90", NONE, "Alabbas 2013", "OmarMohammed88/Arabic-NLI",
        "which label means entailment is not said",
    ),
    PublicSet(
        "EASC", "summary", "summarisation/easc", "- / - / 153", "CC BY-SA 3.0 in part, else by permission",
        "El-Haj, Kruschwitz and Fox 2010, LREC", "OmarOsman/Arabic_Text_Summarization",
        "5 extractive references each; rewards length",
    ),
    PublicSet(
        "ANT titles", "summary", "summarisation/ant", "8,538 / 463 / 470", "Apache-2.0, citation asked for",
        "Chouigui, Ben Khiroun and Elayeb 2017, AICCSA", "antcorpus/antcorpus.data",
        "its abstract is the article's first paragraph: use the title",
    ),
    PublicSet(
        "SaudiNewsNet headlines", "summary", "summarisation/saudinewsnet_headlines", "8,121 / 312 / 302",
        "CC BY-NC-SA 4.0", "Alhagri 2015", "ParallelMazen/SaudiNewsNet", "split by hash, near-duplicates dropped",
    ),
    PublicSet(
        "MArSum", "summary", "summarisation/marsum", "- / - / 1,981", "CC BY 4.0", "Gaanoun et al. 2022",
        "KamelGaanoun/MoroccanSummarization", "headlines in Moroccan Arabic",
    ),
    PublicSet(
        "ARGEN news titles, sample", "summary", "summarisation/argen_title_sample", "1,000 / 100 / -", NONE,
        "Nagoudi, Elmadany and Abdul-Mageed 2022, ACL", "UBC-NLP/araT5",
    ),
    PublicSet(
        "BBC Arabic 2009 descriptions", "summary", "summarisation_unlicensed/bbc_arabic_2009", "3,114", NONE,
        "Saad and Ashour 2010 (OSAC)", "menaattia/arabic-fake-news", "one sentence each by the desk; for tests only",
    ),
    PublicSet(
        "XL-Sum, Arabic", "summary", "summarisation/xlsum_ar", "37,519 / 4,689 / 4,689", "CC BY-NC-SA 4.0",
        "Hasan et al. 2021, Findings of ACL", "huggingface.co/datasets/csebuetnlp/xlsum",
    ),
    PublicSet(
        "Arabic Event GSR", "related", "statements_external/arabic_event_gsr", "5,778 sentences, 645 with spans", "MIT",
        "the repository", "openeventdata/arabic_event_gsr", "assault and protest events told in news sentences",
    ),
    PublicSet(
        "ArAIEval 2023 propaganda", "related", "statements_external/araieval23_propaganda", "2,427 / 259 / 503", NONE,
        "Hasanain et al. 2023, ArabicNLP", "nouman-10/ArAIEval-Shared-Task", "23 techniques of persuasion",
    ),
    PublicSet(
        "ArAIEval 2023 disinformation 2A", "related", "statements_external/araieval23_disinfo_2a", "- / 2,115 / 3,729",
        NONE, "Hasanain et al. 2023, ArabicNLP", "nouman-10/ArAIEval-Shared-Task", "some texts are empty",
    ),
    PublicSet(
        "ArAIEval 2023 disinformation 2B", "related", "statements_external/araieval23_disinfo_2b", "2,656 / 397 / 876",
        NONE, "Hasanain et al. 2023, ArabicNLP", "nouman-10/ArAIEval-Shared-Task", "some texts are empty",
    ),
    PublicSet(
        "CheckThat! 2024 check-worthiness, Arabic", "related", "statements_external/checkthat24_checkworthy_ar",
        "7,333 / 1,093 / 500", NONE, "Hasanain et al. 2024, CLEF",
        "badaa002/Multilingual-Check-worthiness-Estimation-in-Text", "its test is the released development test",
    ),
    PublicSet(
        "CLEF 2018 debates, Arabic", "related", "statements_external/clef18_debates_ar", "4,064 sentences", NONE,
        "Nakov et al. 2018, CLEF", "clef2018-factchecking/clef2018-factchecking", "translated debates with speakers",
    ),
    PublicSet(
        "FIGNEWS 2024", "related", "statements_external/fignews24", "657 and 2,634 translated", "MIT",
        "Zaghouani et al. 2024, ArabicNLP", "CAMeL-Lab/FIGNEWS-2024", "votes of the teams on bias and propaganda",
    ),
    PublicSet(
        "JUST propaganda", "related", "statements_external/just_propaganda", "300; spans 5,752 / 719 / 720", NONE,
        "the repository", "iR00i/JUST-Arabic-Propaganda", "translated spans; 22 % of the test spans stand in train",
    ),
    PublicSet(
        "ANS claims", "related", "statements_external/ans_claims", "3,185 / 906 / 456", "Apache-2.0",
        "Khouja 2020, FEVER", "latynt/ans", "shares sentences with ANS stance: do not mix them",
    ),
    PublicSet(
        "AraFacts", "related", "statements_external/arafacts", "4,672", NONE, "Sheikh Ali et al. 2021, WANLP",
        "Shatha404/AraFact", "claims with the verdicts of fact checkers",
    ),
    PublicSet(
        "SaudiNewsNet", "news text", "corpus/saudinewsnet", "24,469 articles", "CC BY-NC-SA 4.0", "Alhagri 2015",
        "ParallelMazen/SaudiNewsNet", "14 Saudi papers, July-August 2015; dates are of extraction",
    ),
    PublicSet(
        "SANAD, Al-Khaleej, texts", "news text", "corpus/sanad_khaleej", "43,452 articles", "CC BY 4.0",
        "Einea, Elnagar and Al Debsi 2019, Data in Brief", "data.mendeley.com/datasets/57zpx667y9",
        "the copy's repository states no licence; the set's own is given; no headlines",
    ),
    PublicSet(
        "ANT texts", "news text", "corpus/ant", "8,822 articles", "Apache-2.0, citation asked for",
        "Chouigui, Ben Khiroun and Elayeb 2017, AICCSA", "antcorpus/antcorpus.data",
    ),
    PublicSet(
        "Corpus of Contemporary Arabic", "news text", "corpus/cca_tashkeela2", "418 articles", "GPL-3.0",
        "Al-Sulaiti and Atwell 2006", "linuxscout/tashkeela2", "essays, interviews, stories; mostly not news",
    ),
    PublicSet(
        "BBC Arabic 2017", "news text", "corpus/bbc_arabic_2017", "363 articles", "GPL-3.0 (crawler)", "the repository",
        "motazsaad/bbc-crawler", "the texts are the BBC's; no dates",
    ),
    PublicSet(
        "Wikipedia paragraphs of ARCD and XQuAD", "news text", "corpus/wiki_qa_contexts", "596", "MIT; CC BY-SA 4.0",
        "Mozannar et al. 2019; Artetxe et al. 2020", "husseinmozannar/SOQAL, deepmind/xquad",
        "evaluation sets: leave out if you report on them",
    ),
    PublicSet(
        "NTREX-128, Arabic", "news text", "corpus/ntrex_arabic", "122 articles", "CC BY-SA 4.0",
        "Federmann, Kocmi and Xin 2022", "MicrosoftTranslator/NTREX", "an evaluation set; translated news",
    ),
    PublicSet(
        "BBC and CNN Arabic 2009, texts", "news text", "corpus_unlicensed/bbc_cnn_arabic_2009", "5,582 articles", NONE,
        "Saad and Ashour 2010 (OSAC)", "menaattia/arabic-fake-news", "rich in politics",
    ),
    PublicSet(
        "Arab newspapers 2012, texts", "news text", "corpus_unlicensed/arab_newspapers_2012", "2,839 articles", NONE,
        "the repository", "Nasreddine/arabic_news_papers_for_llms", "19 countries",
    ),
    PublicSet(
        "Al Jazeera and Hespress 2022, texts", "news text", "corpus_unlicensed/aljazeera_hespress_2022",
        "4,024 articles", NONE, "the repository", "vulca1n/arabic-news-articles-clustering",
    ),
    PublicSet(
        "Hespress 2020, texts", "news text", "corpus_unlicensed/hespress_2020", "5,876 articles", NONE,
        "the repository", "MohamedIKenedy/Arabic-Text-Classifier",
    ),
    PublicSet(
        "Al Jazeera, CNN and fact checks 2024", "news text", "corpus_unlicensed/aljazeera_cnn_factcheck_2024",
        "777 articles", NONE, "the repository", "Nahla-yasmine/Arabic-News-Scraper", "fact checks quote dialect",
    ),
    PublicSet(
        "ARGEN sample, texts", "news text", "corpus_unlicensed/arat5_title_sample", "1,023 articles", NONE,
        "Nagoudi, Elmadany and Abdul-Mageed 2022, ACL", "UBC-NLP/araT5",
    ),
    PublicSet(
        "Reserve", "news text", "reserve/articles", "921 articles", "as their sources; 246 state none", "tasrih",
        "comes with the data root", "never train, tune or look for tuning on these",
    ),
    PublicSet(
        "Hindawi, public domain", "general text", "corpus_general/hindawi_public_domain", "34,488 pieces of 885 books",
        "public domain, printed in each book", "Hindawi Foundation", "EIS1600/hindawi_for_stylo",
    ),
    PublicSet(
        "Hindawi, Creative Commons", "general text", "corpus_general/hindawi_cc", "256 pieces",
        "CC BY-NC-SA 3.0, printed in each book", "Hindawi Foundation", "EIS1600/hindawi_for_stylo",
    ),
    PublicSet(
        "OpenITI Hindawi, authors dead by 1955", "general text", "corpus_general/openiti_hindawi_before1956",
        "3,021 pieces", "CC BY-NC-SA 4.0 (OpenITI's terms)", "OpenITI", "OpenITI/RAW_Hindawi", "no vowel marks",
    ),
    PublicSet(
        "OpenITI Hindawi, other books of free authors", "general text", "corpus_general/openiti_hindawi_same_authors",
        "1,339 pieces", "CC BY-NC-SA 4.0 (OpenITI's terms)", "OpenITI", "OpenITI/RAW_Hindawi", "no vowel marks",
    ),
    PublicSet(
        "OpenITI Hindawi, authors dead 1956-75", "general text", "corpus_general/openiti_hindawi_1956_75",
        "1,534 pieces", "CC BY-NC-SA 4.0 (OpenITI's terms)", "OpenITI", "OpenITI/RAW_Hindawi",
        "weakest claim of the books, left out of the data root",
    ),
    PublicSet(
        "OpenArabicPE al-Manar", "general text", "corpus_general/openarabicpe_manar", "4,425 pieces", "CC BY-SA 4.0",
        "Open Arabic Periodical Editions", "OpenArabicPE/journal_al-manar", "1898-1940; much of it religious",
    ),
    PublicSet(
        "OpenArabicPE al-Muqtabas", "general text", "corpus_general/openarabicpe_muqtabas", "3,735 pieces",
        "CC BY-SA 4.0", "Open Arabic Periodical Editions", "OpenArabicPE/journal_al-muqtabas", "1906-14",
    ),
    PublicSet(
        "OpenArabicPE Lughat al-Arab", "general text", "corpus_general/openarabicpe_lughat", "2,745 pieces",
        "CC BY-SA 4.0", "Open Arabic Periodical Editions", "OpenArabicPE/journal_lughat-al-arab", "1911-31",
    ),
    PublicSet(
        "OpenArabicPE, other journals", "general text", "corpus_general/openarabicpe_others", "1,137 pieces",
        "CC BY-SA 4.0", "Open Arabic Periodical Editions", "OpenArabicPE: al-zuhur, al-haqaiq, al-hasna", "1909-13",
    ),
    PublicSet(
        "OpenITI, other works", "general text", "corpus_general/openiti_other", "1,237 pieces",
        "CC BY-NC-SA 4.0 (OpenITI's terms)", "OpenITI", "OpenITI/1350AH, 1375AH, 1400AH", "histories and a journal",
    ),
    PublicSet(
        "Saudi laws", "general text", "corpus_general/saudi_laws", "2,997 texts", "public domain; code MIT",
        "the repository", "abosalehg-ui/saudi-laws-md", "repetitive: weigh laws down",
    ),
    PublicSet(
        "Bahraini laws", "general text", "corpus_general/bahrain_laws", "1,379 texts", "Apache-2.0", "the repository",
        "Ansvar-Systems/Bahraini-law-mcp", "repetitive: weigh laws down",
    ),
    PublicSet(
        "Emirati laws", "general text", "corpus_general/uae_laws", "6,183 texts", "Apache-2.0", "the repository",
        "Ansvar-Systems/uae-law-mcp", "repetitive: weigh laws down",
    ),
)  # fmt: skip


def listed(task: str | None = None) -> Iterator[PublicSet]:
    """List the catalogue, or the sets of one task.

    Args:
        task: one of ``TASKS``, or None for all of them.

    Yields:
        The sets, in the catalogue's order.

    Raises:
        ValueError: if the task is unknown.

    Example:
        >>> next(listed("topic")).folder
        'topic_iptc'
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"unknown task {task!r}: choose from {', '.join(TASKS)}")
    return (entry for entry in CATALOGUE if task in (None, entry.task))
