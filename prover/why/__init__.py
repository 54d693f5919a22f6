"""Why a protocol is proved: the facts that its proofs use."""
