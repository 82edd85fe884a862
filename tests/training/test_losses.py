"""Losses: class weights and focal loss by hand, and windows pooled to one answer."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Source
from tasrih.training.config import ClassifierConfig
from tasrih.training.losses import class_weights, joined_module, pooled_module, text_loss

STANCES = ("favor", "against", "neutral")


def config(task: str = "stance", **changes) -> ClassifierConfig:
    return ClassifierConfig(task, "base", "out", [Source("x")], Source("x", "validation"), **changes)


def rows(*labels: str) -> list[Row]:
    return [Row(str(n), "نص", (label,)) for n, label in enumerate(labels)]


def test_weights_by_hand():
    some = rows("favor", "favor", "favor", "against")
    assert class_weights(some, STANCES, 0.0, multi_label=False).tolist() == [1, 1, 1]
    balanced = class_weights(some, STANCES, 1.0, multi_label=False)
    assert balanced == pytest.approx([4 / 6, 2.0, balanced[2]])
    assert 3 * balanced[0] == pytest.approx(balanced[1])  # the same say for both
    root = class_weights(some, STANCES, 0.5, multi_label=False)
    assert root[1] / root[0] == pytest.approx(3**0.5)
    assert (3 * root[0] + root[1]) / 4 == pytest.approx(1)  # 1 on the mean over the rows


def test_positives_of_several_labels_are_weighed_beside_their_negatives():
    several = [Row("1", "نص", ("a", "b")), Row("2", "نص", ("a",)), Row("3", "نص", ()), Row("4", "نص", ("a",))]
    weights = class_weights(several, ("a", "b", "c"), 1.0, multi_label=True)
    assert weights == pytest.approx([1 / 3, 3.0, 1.0])


def test_the_plain_loss_is_torchs():
    import torch

    torch.manual_seed(0)
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    some = rows("favor", "against", "neutral")
    assert text_loss(config(), some)(logits, labels) == pytest.approx(
        torch.nn.functional.cross_entropy(logits, labels).item()
    )
    assert text_loss(config(label_smoothing=0.1), some)(logits, labels) == pytest.approx(
        torch.nn.functional.cross_entropy(logits, labels, label_smoothing=0.1).item()
    )


def test_focal_loss_by_hand():
    import torch

    logits = torch.tensor([[np.log(3.0), 0.0, -torch.inf]], dtype=torch.float32)  # probabilities 3/4, 1/4
    some = rows("favor", "against")
    loss = text_loss(config(focal_gamma=2.0), some)
    assert loss(logits, torch.tensor([0])).item() == pytest.approx(-((1 / 4) ** 2) * np.log(3 / 4))
    assert loss(logits, torch.tensor([1])).item() == pytest.approx(-((3 / 4) ** 2) * np.log(1 / 4))


def test_several_labels_focal_by_hand():
    import torch

    many = config("statement", focal_gamma=1.0, metric="micro_f1")
    logits = torch.zeros(1, len(many.labels))
    labels = torch.zeros(1, len(many.labels))
    expected = len(many.labels) * 0.5 * np.log(2)
    assert text_loss(many, [])(logits, labels).item() == pytest.approx(expected)


def test_a_rare_class_counts_more():
    import torch

    some = rows(*["favor"] * 9, "against")
    loss = text_loss(config(class_balance=1.0), some)
    flat = torch.zeros(1, 3)
    assert loss(flat, torch.tensor([1])) == pytest.approx(9 * loss(flat, torch.tensor([0])).item(), rel=1e-5)


class _Fixed:
    """A model whose logits are the first ids of its windows."""

    def __new__(cls):
        from torch import nn

        class Model(nn.Module):
            config = None

            def forward(self, input_ids, attention_mask):
                from types import SimpleNamespace

                return SimpleNamespace(logits=input_ids.float())

        return Model()


def test_windows_are_pooled_by_maximum_and_by_weighted_probability():
    import torch

    windows = torch.tensor([[1, 0, 0], [0, 5, 0], [2, 1, 0]])
    index, weights = torch.tensor([0, 0, 1]), torch.tensor([0.25, 0.75, 1.0])
    loss = text_loss(config(), rows("favor"))
    highest = pooled_module(_Fixed(), loss, pool="max")(windows, None, text_index=index, window_weights=weights)
    assert highest["logits"].tolist() == [[1, 5, 0], [2, 1, 0]]
    mean = pooled_module(_Fixed(), loss, pool="mean")(windows, None, text_index=index, window_weights=weights)
    shares = windows.float().softmax(-1)
    assert mean["logits"][0].exp() == pytest.approx((0.25 * shares[0] + 0.75 * shares[1]).numpy(), abs=1e-6)
    assert mean["logits"].exp().sum(-1).tolist() == pytest.approx([1, 1])
    labels = torch.tensor([1, 0])
    found = pooled_module(_Fixed(), loss, pool="max")(windows, None, labels, text_index=index)["loss"]
    assert found == pytest.approx(torch.nn.functional.cross_entropy(highest["logits"], labels).item())


def _joined():
    """A joined module whose tag loss is 0; each id of a text is the logit of its token's wrong label, the right one's 0."""
    from types import SimpleNamespace

    import torch
    from torch import nn

    class Encoder(nn.Module):
        def forward(self, input_ids, attention_mask):
            return SimpleNamespace(last_hidden_state=input_ids[..., None].float())

    class Tokens(nn.Module):
        def forward(self, states):
            return torch.cat([torch.zeros_like(states), states], -1)

    def head() -> dict:
        return {"head": nn.Identity(), "drop": nn.Identity(), "classifier": nn.Identity()}

    tags, spans = nn.Module(), nn.Module()
    for module, parts in ((tags, head() | {"model": Encoder()}), (spans, head() | {"classifier": Tokens()})):
        for name, part in parts.items():
            setattr(module, name, part)
    tags.config = SimpleNamespace(classifier_pooling="cls")
    return joined_module(tags, spans, tag_loss=lambda logits, labels: torch.zeros(()))


def test_parts_of_a_step_average_to_the_token_loss_of_the_whole():
    """Four tokens of loss 1 in one part and one of loss 5 in the other: 9 over 5 tokens is 1.8, however they are parted."""
    import torch

    module = _joined()
    one, five = np.log(np.e - 1), np.log(np.e**5 - 1)
    ids = torch.tensor([[one] * 4, [five, 0, 0, 0]])
    wanted = torch.tensor([[0] * 4, [0, -100, -100, -100]])
    whole = module(ids, torch.ones_like(ids), torch.zeros(2), wanted)["loss"]
    assert whole.item() == pytest.approx(1.8)
    parts = [
        module(ids[at : at + 1], torch.ones(1, 4), torch.zeros(1), wanted[at : at + 1], span_tokens=torch.tensor(5 / 2))
        for at in range(2)
    ]
    assert np.mean([part["loss"].item() for part in parts]) == pytest.approx(1.8)
    # where no text's spans were looked for, there is no loss of them
    assert module(ids, torch.ones_like(ids), torch.zeros(2), torch.full_like(wanted, -100))["loss"].item() == 0
