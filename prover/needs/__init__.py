"""What a proof needs: parts of the protocol taken away one by one, and the proofs made again."""
