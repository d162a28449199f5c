"""What happens in the process that is about to become a program: it shuts itself in.

Standard library only, and as little of that as can be: a module imported here is paid for at
every start, and the interpreter may be another one than the rest of the package runs in. So
there are no dataclasses, no typing at run time, and files are opened by ``os`` and ``open``.
"""
