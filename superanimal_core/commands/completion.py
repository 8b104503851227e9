"""What the shell needs to complete commands, options and files after the tabulator key.

    superanimal completion bash > ~/.local/share/bash-completion/completions/superanimal
    superanimal completion zsh >> ~/.zshrc

From a clone write the whole path of its ./superanimal; both ways of calling it are completed.
"""

import argparse
from collections.abc import Mapping, Sequence

SCRIPT = """\
_superanimal() {{
  local words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{commands}"
  else
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _superanimal superanimal ./superanimal
"""
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `completion`."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="which shell it is for")


def run(options: argparse.Namespace) -> None:
    """Print the script."""
    print((ZSH if options.shell == "zsh" else "") + script_of(options.words), end="")


def script_of(words: Mapping[str, Sequence[str]]) -> str:
    """The script for commands and the options and choices of each; files are the shell's own."""
    cases = [f'      {name}) words="{" ".join(own)}" ;;' for name, own in words.items()]
    return SCRIPT.format(commands=" ".join(words), cases="\n".join(cases))
