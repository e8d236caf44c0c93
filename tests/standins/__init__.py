"""Outside systems as far as we use them: real HTTP on loopback, programmable, recording what came."""
