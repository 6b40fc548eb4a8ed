"""The contracts of the mock L1. Pure: storage, call and block go in; storage and logs come out."""
