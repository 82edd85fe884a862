"""An encoder-decoder whose encoder is pretrained and whose decoder is new.

Source:
    Rothe et al., "Leveraging Pre-trained Checkpoints for Sequence Generation Tasks", TACL 2020 (arXiv 1907.12461): of
    pretrained encoders with fresh decoders, there ``BERT2RND``.
"""

from __future__ import annotations

from typing import Any

from tasrih.errors import ModelError
from tasrih.training.bases import open_pretrained


def with_new_decoder(base: str, tokenizer: Any, *, layers: int, length: int, dropout: float = 0.1) -> Any:
    """Put a decoder with cross-attention over an encoder; its word embeddings begin as the encoder's, if as wide.

    Args:
        base: the encoder: a folder or a hub id.
        tokenizer: its tokenizer, whose first and last mark begin and end what is written.
        layers: blocks of the decoder.
        length: tokens that it writes at most.
        dropout: of the decoder.

    Returns:
        A ``transformers.EncoderDecoderModel`` in float32, the decoder's output tied to its embeddings.

    Raises:
        ModelError: if the base cannot be had, or its tokenizer puts no marks round a text, as an encoder's does.
    """
    import torch
    from transformers import AutoModel, BertConfig, BertLMHeadModel, EncoderDecoderModel

    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    if first is None or last is None:
        raise ModelError(
            f"base {base} is neither an encoder-decoder nor an encoder: take AraBART, mT5, AraBERT or the like"
        )
    encoder = open_pretrained(AutoModel, base, dtype=torch.float32)
    shape = encoder.config
    decoder = BertLMHeadModel(
        BertConfig(
            vocab_size=shape.vocab_size, hidden_size=shape.hidden_size, num_hidden_layers=layers,
            num_attention_heads=shape.num_attention_heads, intermediate_size=2 * shape.hidden_size,
            max_position_embeddings=length + 2, pad_token_id=tokenizer.pad_token_id, is_decoder=True,
            add_cross_attention=True, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
        )
    )  # fmt: skip
    read, written = (half.get_input_embeddings().weight for half in (encoder, decoder))
    if read.shape == written.shape:  # an ALBERT's or a small ELECTRA's are narrower than its states
        with torch.no_grad():
            written.copy_(read)
    model = EncoderDecoderModel(encoder=encoder, decoder=decoder)
    for settings in (model.config, model.generation_config):
        settings.decoder_start_token_id, settings.eos_token_id = first, last
        settings.pad_token_id = tokenizer.pad_token_id
    return model
