"""Training the tokenizer, the encoder, the heads and the summariser, and exporting them."""
