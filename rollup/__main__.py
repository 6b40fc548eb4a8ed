"""`python3 -m rollup …`: make the environment beside this package where it is missing or old, then run `optroll` in it.

One rule: this file parses on any Python, so that an old one gets a sentence and not a syntax error.
"""

import sys

OLDEST = (3, 11)

if __name__ == "__main__":
    if sys.version_info < OLDEST:
        wanted, found = ["%d.%d" % version[:2] for version in (OLDEST, sys.version_info)]
        sys.exit("optroll needs Python %s or newer, and %s is %s." % (wanted, sys.executable, found))
    from rollup.bootstrap import main

    main(sys.argv[1:])
