Cases, strategies, segments, contact rules, holds, the nightly run with its preview, e-mail and tasks, and
the hash-chained log.
