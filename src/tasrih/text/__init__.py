"""Reading Arabic text without changing it: normalisation, sentences, quotes, speakers, windows."""
