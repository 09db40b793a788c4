"""Upstream's checks that a library is there, by their names; a missing one is never installed."""

from collections.abc import Callable

from embedfn._extras import require_packages

__all__ = [
    "import_FlagEmbedding",
    "import_cohere",
    "import_datasets",
    "import_google",
    "import_huggingface_hub",
    "import_instructor",
    "import_jieba",
    "import_kiwi",
    "import_konlpy",
    "import_mecab",
    "import_mistralai",
    "import_model2vec",
    "import_nltk",
    "import_nomic",
    "import_openai",
    "import_protobuf",
    "import_scipy",
    "import_sentence_transformers",
    "import_torch",
    "import_transformers",
    "import_unidic_lite",
    "import_voyageai",
]


def _importer(modules: str, *packages: str) -> Callable[[], None]:
    """A check for modules, which those packages bring."""

    def check() -> None:
        for module in modules.split():
            require_packages(module, *packages)

    check.__doc__ = f"Import {modules}; an ImportError says what pip is to be given."
    return check


# What the embedding functions here need comes with an extra. A package that stands beside one, or
# alone, is for the caller's own use: embedfn does without it.
import_FlagEmbedding = _importer(
    "peft FlagEmbedding", "embedfn[dense]", "peft", "FlagEmbedding>=1.3.3"
)
import_cohere = _importer("cohere", "embedfn[remote]", "cohere>=5.10.0")
import_datasets = _importer("datasets", "datasets")
import_google = _importer("google.genai", "embedfn[remote]", "google-genai>=1.7.0")
import_huggingface_hub = _importer("huggingface_hub", "embedfn[dense]")
import_instructor = _importer("InstructorEmbedding", "embedfn[transformers]", "InstructorEmbedding")
import_jieba = _importer("jieba", "embedfn[zh]")
import_kiwi = _importer("kiwipiepy", "embedfn[kiwi]")
import_konlpy = _importer("konlpy", "embedfn[ko]")
import_mecab = _importer("MeCab", "embedfn[ja]")
import_mistralai = _importer("mistralai", "embedfn[remote]", "mistralai")
import_model2vec = _importer("model2vec", "embedfn[model2vec]", "model2vec")
import_nltk = _importer("nltk", "nltk>=3.9.1")
import_nomic = _importer("nomic", "embedfn[remote]", "nomic")
import_openai = _importer("openai", "embedfn[openai]")
import_protobuf = _importer("google.protobuf", "protobuf")
import_scipy = _importer("scipy", "scipy>=1.10.0")
import_sentence_transformers = _importer(
    "sentence_transformers", "embedfn[dense]", "sentence-transformers"
)
import_torch = _importer("torch", "embedfn[dense]")
import_transformers = _importer("transformers", "embedfn[transformers]")
import_unidic_lite = _importer("unidic_lite", "embedfn[ja]")
import_voyageai = _importer("voyageai", "embedfn[remote]", "voyageai>=0.2.0")
