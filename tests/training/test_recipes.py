"""Recipes: every shipped file loads, and a wrong line is named with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasrih.text.normalise import profile_of_family
from tasrih.training import recipes
from tasrih.training.classification import ClassifierConfig, Source
from tasrih.training.prepare import PrepareConfig
from tasrih.training.pretrain import PretrainConfig
from tasrih.training.recipes import load_recipe, run_recipe
from tasrih.training.summarisation import SummariserConfig

FOLDER = Path(__file__).parents[2] / "configs"
CONFIGS = sorted(FOLDER.glob("*.y*ml"))
BASES = sorted((FOLDER / "bases").glob("*.y*ml"))
SEQ2SEQ = {"arabart.yaml", "mt5.yaml"}

CLASSIFIER = """
kind: classifier
task: stance
base: some/base
output: runs/x
train:
  - {name: statements, split: train}
  - {name: stance/ans, limit: 100}
validation: {name: statements, split: validation}
learning_rate: 3e-4
"""


@pytest.fixture
def write(tmp_path):
    def made(text: str) -> Path:
        (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "recipe.yaml"

    return made


def test_there_are_recipes():
    assert len(CONFIGS) >= 7


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_recipe_loads(path):
    config = load_recipe(path)
    assert type(config) in [kind for kind, _ in recipes.KINDS.values()]
    assert config.output.startswith("runs/")


@pytest.mark.parametrize("base", BASES, ids=lambda path: path.name)
def test_every_base_goes_over_every_recipe_of_its_kind(base):
    over = [
        path
        for path in CONFIGS
        if ("kind: seq2seq" if base.name in SEQ2SEQ else "kind: classifier") in path.read_text()
    ]
    assert over
    for path in over:
        plain, config = load_recipe(path), load_recipe(path, [str(base), "seed=7"])
        assert config.base != plain.base or base.name == "arabart.yaml"
        assert (config.output, config.train, config.seed) == (plain.output, plain.train, 7)
        assert profile_of_family(config.base)
        assert config.seeds == [1, 2, 3]
        # what a recipe does to its own base is not done to another
        assert not config.freeze_embeddings
        assert base.name in SEQ2SEQ or (config.blend, config.token_dropout) == (1.0, 0.0)
        assert config.schedule == "linear"
        assert base.name in SEQ2SEQ or config.layer_decay == 0.95
        # a base's own length is for the task that it names
        assert (
            config.max_length == (512 if config.task == "topic" else plain.max_length)
            if base.name not in SEQ2SEQ
            else True
        )


def test_every_recipe_and_base_stands_in_the_list():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert not [path.name for path in (*CONFIGS, *BASES) if f"`{path.relative_to(FOLDER)}`" not in listed]


def test_what_is_put_over_a_recipe_is_checked(write, tmp_path):
    over = tmp_path / "over.yaml"
    for text, message in (
        ("for_task: {poem: {epochs: 2}}", "for_task: unknown task 'poem'"),
        ("for_task: [topic]", "for_task must give settings by task"),
        ("kind: summariser", "kind stands in the recipe itself"),
        ("lerning_rate: 1", "unknown option 'lerning_rate'"),
    ):
        over.write_text(text)
        with pytest.raises(ValueError, match=message):
            load_recipe(write(CLASSIFIER), [str(over)])
    over.write_text("epochs: 9\nfor_task: {stance: {epochs: 2, batch_size: 8}, topic: {epochs: 3}}")
    config = load_recipe(write(CLASSIFIER), ["batch_size=4", str(over), "epochs=5"])
    assert (config.epochs, config.batch_size) == (5, 8)  # the last word counts
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml does not exist"):
        load_recipe(write(CLASSIFIER), [str(tmp_path / "nowhere.yaml")])


def test_a_recipe_becomes_the_dataclass_of_its_kind(write):
    config = load_recipe(write(CLASSIFIER))
    assert isinstance(config, ClassifierConfig)
    assert config.train == [Source("statements", "train"), Source("stance/ans", limit=100)]
    assert config.validation == Source("statements", "validation")
    assert config.learning_rate == 3e-4  # which YAML reads as text
    assert isinstance(load_recipe(write("kind: prepare\noutput: x")), PrepareConfig)
    assert isinstance(
        load_recipe(write("kind: pretrain\noutput: x\ntokenizer: t\nshards: {a.npy: 1}\nminutes: 2")), PretrainConfig
    )
    assert isinstance(load_recipe(write("kind: summariser\noutput: x\nminutes: 2")), SummariserConfig)


def test_numbers_become_what_the_field_says(write):
    config = load_recipe(write("kind: pretrain\noutput: x\ntokenizer: t\nshards: {a.npy: 1}\nminutes: 2\nbase: null"))
    assert config.minutes == 2.0 and isinstance(config.minutes, float)
    assert config.shards == {"a.npy": 1.0}
    assert config.base is None


def test_the_bundled_encoder_stands_for_its_folder(write):
    config = load_recipe(write(CLASSIFIER), ["base=encoder"])
    assert config.base == str(recipes.PRETRAINED / "encoder")
    assert load_recipe(write(CLASSIFIER)).base == "some/base"


def test_changes_from_the_command_line(write):
    config = load_recipe(
        write(CLASSIFIER),
        ["epochs=2", "validation={name: stance/ans, split: test}", "bf16=false", "seed=7", "learning_rate=1e-5"],
    )
    assert (config.epochs, config.bf16, config.seed, config.learning_rate) == (2.0, False, 7, 1e-5)
    assert config.validation == Source("stance/ans", "test")
    assert load_recipe(write(CLASSIFIER), ["seed=7", "seed=8"]).seed == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("lerning_rate=1", r"unknown option 'lerning_rate'; did you mean learning_rate\?"),
        ("zzz=1", "unknown option 'zzz': choose from task, base, output"),
        ("epochs", "'epochs' is no key=value"),
        ("epochs=many", "epochs must be a float, not 'many'"),
        ("epochs=true", "epochs must be a float, not True"),
        ("seed=1.5", "seed must be a int, not 1.5"),
        ("seed=true", "seed must be a int, not True"),
        ("bf16=1", "bf16 must be a bool, not 1"),
        ("output=3", "output must be a str, not 3"),
        ("train=statements", "train must be a list, not 'statements'"),
        ("train=[statements]", "train must be a mapping, not 'statements'"),
        ("train=[{nam: x}]", r"train: unknown option 'nam'; did you mean name\?"),
        ("train=[{split: train}]", "train: missing option name"),
        ("train=[{name: x, limit: many}]", "train: limit must be a int, not 'many'"),
        ("train=[]", "train must name at least one set"),
        ("task=genre", "task must be one of"),
        ("spans=true", "spans belong to the task statement"),
        ("train=[{", "is not YAML"),
        ("kind=classifer", "kind must be one of prepare, pretrain, self_training, classifier, summariser, seq2seq, extractive, ranker, not 'classifer'"),
        ("kind=[a]", "kind must be one of"),
    ],
)
def test_a_wrong_line_is_named(write, change, message):
    with pytest.raises(ValueError, match=message):
        load_recipe(write(CLASSIFIER), [change])


def test_what_is_missing_is_named(write):
    with pytest.raises(ValueError, match="missing option output, minutes"):
        load_recipe(write("kind: summariser"))
    with pytest.raises(ValueError, match=r"kind must be one of .*, not None"):
        load_recipe(write("output: x"))


def test_files_that_are_no_recipe(write, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml does not exist"):
        load_recipe(tmp_path / "nowhere.yaml")
    with pytest.raises(ValueError, match=r"recipe\.yaml is not YAML"):
        load_recipe(write("kind: [a"))
    for text in ("", "- a\n- b", "just text"):
        with pytest.raises(ValueError, match=r"recipe\.yaml holds no settings"):
            load_recipe(write(text))
    with pytest.raises(ValueError, match="unknown option 5"):
        load_recipe(write("kind: summariser\n5: x"))


def test_a_recipe_holds_plain_values_only(write):
    with pytest.raises(ValueError, match="is not YAML"):
        load_recipe(write("kind: !!python/object/apply:os.getcwd []"))


def test_the_message_says_which_file(write):
    with pytest.raises(ValueError, match=r"recipe\.yaml: unknown option"):
        load_recipe(write(CLASSIFIER + "colour: red"))


def test_running_a_recipe_calls_what_its_kind_runs(monkeypatch):
    ran = []
    kinds = {
        name: (kind, lambda config, name=name: ran.append((name, config)) or {"done": name})
        for name, (kind, _) in recipes.KINDS.items()
    }
    monkeypatch.setattr(recipes, "KINDS", kinds)
    config = SummariserConfig("out", 1)
    assert run_recipe(config) == {"done": "summariser"}
    assert ran == [("summariser", config)]


def test_several_processes_are_for_the_kinds_that_share_the_work(monkeypatch):
    kinds = {name: (kind, lambda config, name=name: {"done": name}) for name, (kind, _) in recipes.KINDS.items()}
    monkeypatch.setattr(recipes, "KINDS", kinds)
    monkeypatch.setenv("WORLD_SIZE", "2")
    configs = {load_recipe(path).__class__: load_recipe(path) for path in CONFIGS}
    for name, (kind, _) in kinds.items():
        if name in ("pretrain", "classifier", "seq2seq"):
            assert run_recipe(configs[kind]) == {"done": name}
            continue
        with pytest.raises(ValueError, match=rf"kind {name} runs in one process, not in 2: start it with `tasrih train`"):
            run_recipe(configs[kind])
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert run_recipe(configs[PrepareConfig]) == {"done": "prepare"}


def test_a_recipe_runs_from_file_to_figures(write, world, tmp_path, monkeypatch):
    monkeypatch.setenv("TASRIH_DATA", str(world.root))
    config = load_recipe(
        write(f"kind: prepare\noutput: {tmp_path / 'out'}\ncorpora: [corpus]\nvocabulary: 200"), ["width=8"]
    )
    assert run_recipe(config)["corpus"]["removed_by_guard"] == 2
    assert (tmp_path / "out" / "embeddings.npy").is_file()


def test_a_script_runs_its_own_kinds_alone(tmp_path, monkeypatch, capsys):
    recipe = tmp_path / "topic.yaml"
    recipe.write_text("kind: prepare\noutput: runs/x\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["train_classifier.py", str(recipe)])
    with pytest.raises(SystemExit) as stopped:
        recipes.run_script("Trains.", "classifier", "seq2seq")
    message = "topic.yaml: kind must be classifier or seq2seq here; `tasrih train` runs any"
    assert str(stopped.value.code).endswith(message)
