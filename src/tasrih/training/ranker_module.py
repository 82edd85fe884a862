"""The torch module of the headline's ranker: an encoder's last blocks, and a head over windows of tokens."""

from __future__ import annotations

from tasrih.models.headline_ranker import BLOCKS, MOST_GAPS, MOST_PLACE, MOST_SIZE

#: Width of the head.
_WIDTH = 128


def lower_part(encoder):
    """Give an encoder without its last blocks and its final norm, as the reader's ``states`` are made.

    Args:
        encoder: a ``ModernBertModel``.

    Returns:
        A module; called as the encoder is, its ``last_hidden_state`` are the states. It shares the weights.
    """
    import copy

    from torch import nn

    part = copy.copy(encoder)
    part._modules = dict(encoder._modules)
    part.layers, part.final_norm = encoder.layers[:-BLOCKS], nn.Identity()
    return part


def make_ranker(encoder, dropout: float = 0.1):
    """Make a ranker that begins with an encoder's last blocks.

    Args:
        encoder: a ``ModernBertModel``; its blocks are copied.
        dropout: of the head.

    Returns:
        A module that gives scores of shape (windows, 2) from ``states`` (batch, tokens, width), ``attention_mask``
        (batch, tokens) and ``windows`` (windows, fields): likeness to a printed headline, and wholeness.
    """
    import copy

    import torch
    from torch import nn

    class Given(nn.Module):
        """Takes the place of the embeddings: the states come in from below."""

        def forward(self, input_ids=None, inputs_embeds=None):
            return inputs_embeds

    class Ranker(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            blocks = copy.copy(encoder)
            blocks._modules = dict(encoder._modules)
            blocks.embeddings = Given()
            blocks.layers = copy.deepcopy(encoder.layers[-BLOCKS:])
            blocks.final_norm = copy.deepcopy(encoder.final_norm)
            self.blocks = blocks
            width = encoder.config.hidden_size
            # the first and last token, the mean, the token after, and those before and after what is left out
            self.parts = nn.ModuleList(nn.Linear(width, _WIDTH, bias=at == 0) for at in range(6))
            self.sizes, self.places = nn.Embedding(MOST_SIZE, _WIDTH), nn.Embedding(MOST_PLACE, _WIDTH)
            self.gaps = nn.Embedding(MOST_GAPS, _WIDTH)
            self.scores, self.drop = nn.Linear(_WIDTH, 2), nn.Dropout(dropout)

        def forward(self, states, attention_mask, windows):
            found = self.blocks(inputs_embeds=states, attention_mask=attention_mask).last_hidden_state
            found = self.drop(found.float())
            row, first, last, gap_start, gap_end, gaps, size, place = windows.unbind(1)
            sums = nn.functional.pad(found.cumsum(1), (0, 0, 1, 0))
            total = sums[row, last + 1] - sums[row, first] - sums[row, gap_end] + sums[row, gap_start]
            mean = total / (last + 1 - first - gap_end + gap_start).clamp(min=1).unsqueeze(1)
            there = (gaps > 0).unsqueeze(1).to(found.dtype)
            before = (gap_start - (gaps > 0).to(gap_start.dtype)).clamp(min=0)
            seen = (
                found[row, first], found[row, last], mean, found[row, last + 1], there * found[row, before],
                there * found[row, gap_end],
            )  # fmt: skip
            hidden = sum(part(one) for part, one in zip(self.parts, seen, strict=True))
            hidden = hidden + self.sizes(size) + self.places(place) + self.gaps(gaps)
            return self.scores(self.drop(nn.functional.gelu(hidden)))

    with torch.random.fork_rng(devices=[]):
        return Ranker()
