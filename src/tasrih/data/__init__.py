"""Reading corpora and labelled sets, and keeping test texts out of training."""
