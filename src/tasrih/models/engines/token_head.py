"""The token head that a statement classifier in torch has beside it: both heads over one pass of their encoder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tasrih.errors import ModelError
from tasrih.models.files import read_config
from tasrih.models.safety import check_transformers_folder
from tasrih.models.spans import SPAN_LABELS

#: The folder in a fine-tuned model's own that holds it.
FOLDER = "spans"
_KINDS = ("ForTokenClassification", "ForSequenceClassification")
# layers that a classifier's encoder has and a token classifier's has not
_OWN = ("pooler.",)


def open_joined(folder: str | Path, model):
    """Open the token head beside a classifier, and join the two.

    Args:
        folder: the classifier's folder, or a hub id, which has none that is read.
        model: the classifier.

    Returns:
        A torch module of both (see ``joined``); None where there is no token head.

    Raises:
        ModelError: if the head cannot be read, or belongs to another encoder or to other labels.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    place = Path(folder) / FOLDER
    if not (place / "config.json").is_file():
        return None
    config = read_config(place)
    check_transformers_folder(place, config)
    kinds = [*(config.get("architectures") or ()), *(model.config.architectures or ())]
    families = {str(name).removesuffix(kind) for name, kind in zip(kinds, _KINDS, strict=False)}
    if kinds != [f"{family}{kind}" for family in families for kind in _KINDS]:
        told = ", ".join(map(str, kinds))[:120]
        raise ModelError(f"{place} is no token head of the classifier beside it ({told}): move it out of {folder}")
    try:
        spans, found = AutoModelForTokenClassification.from_pretrained(
            place, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
        labels = tuple(spans.config.id2label[index] for index in range(spans.config.num_labels))
    except Exception as error:  # safetensors' own errors share no base with the others
        raise ModelError(f"the token head {place} cannot be opened: {str(error).splitlines()[0]}") from None
    if missing := sorted(found["missing_keys"]):  # transformers would draw them by chance
        raise ModelError(f"the token head {place} lacks {missing[0]}: get the model again")
    if labels != SPAN_LABELS:
        told = f"{', '.join(map(str, labels))[:120]}, not {', '.join(SPAN_LABELS)}"
        raise ModelError(f"{place / 'config.json'} lists the labels {told}: get the model again")
    if not has_token_head(spans):
        raise ModelError(f"{place} is a {kinds[0]}, which has no token head that is read here: move it out of {folder}")
    mine = {name: weight for name, weight in model.base_model.state_dict().items() if not name.startswith(_OWN)}
    theirs = {name: weight for name, weight in spans.base_model.state_dict().items() if not name.startswith(_OWN)}
    other = [name for name, weight in mine.items() if name not in theirs or not torch.equal(weight, theirs[name])]
    if other or len(mine) != len(theirs):
        # its logits over the classifier's encoder, as an export has them, would be those of no model that was trained
        told = f" ({len(other)} of {len(mine)} weights differ, {other[0]} first)" if other else ""
        raise ModelError(f"the token head {place} was trained over another encoder{told} than {folder}: train it again")
    return joined(model, spans)


def has_token_head(spans) -> bool:
    """Say whether a token classifier is a dropout and a linear layer over its encoder's last states, as most are.

    Args:
        spans: any ``AutoModelForTokenClassification``.

    Returns:
        Whether it can be joined to a classifier of its family.
    """
    return hasattr(spans, "classifier") and (hasattr(spans, "dropout") or hasattr(spans, "drop"))


@cache
def heads_class() -> type:
    """Give the torch module of a classifier and a token head; a function, for torch is opened when it is used."""
    from torch import nn

    class Heads(nn.Module):
        """A classifier and a token head over the classifier's encoder, one pass for both."""

        def __init__(self, model, spans) -> None:
            super().__init__()
            # the head alone: its model's encoder is the classifier's own, or is let go
            self.tags, self.span_head = model, getattr(spans, "head", None) or nn.Identity()
            self.span_drop = spans.drop if hasattr(spans, "drop") else spans.dropout
            self.span_classifier = spans.classifier

        def forward(self, input_ids, attention_mask, token_type_ids=None):
            if hasattr(self.tags.config, "classifier_pooling"):  # ModernBERT, whose hidden states are not its last ones
                states = self.tags.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
                if self.tags.config.classifier_pooling == "cls":
                    pooled = states[:, 0]
                else:
                    mask = attention_mask.unsqueeze(-1).to(states.dtype)
                    pooled = (states * mask).sum(1) / mask.sum(1)
                logits = self.tags.classifier(self.tags.drop(self.tags.head(pooled)))
            else:
                types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
                found = self.tags(
                    input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True, **types
                )
                logits, states = found.logits, found.hidden_states[-1]
            span_logits = self.span_classifier(self.span_drop(self.span_head(states)))
            return {"logits": logits, "span_logits": span_logits}

    return Heads


def joined(model, spans):
    """Join a classifier and a token head over the classifier's encoder, one pass for both.

    Args:
        model: any ``AutoModelForSequenceClassification``.
        spans: the ``AutoModelForTokenClassification`` of its family (see ``has_token_head``), whose own encoder is let
            go.

    Returns:
        A torch module; called with ``input_ids`` and ``attention_mask`` it gives ``logits`` (batch, labels), as the
        classifier alone does, and ``span_logits`` (batch, tokens, span labels).
    """
    return heads_class()(model, spans)
