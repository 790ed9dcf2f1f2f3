"""The scripts that teach a shell to complete ``rnnlab``.

Each hands the line up to the cursor to ``rnnlab _complete`` and offers what that prints.
"""

from __future__ import annotations

from rnnlab.errors import ConfigError, nearest

# Bash breaks words at "=" and ":" and replaces only what follows the last break, so what the
# word already has up to there is cut off each answer.
_BASH = r"""_rnnlab() {
    local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n' word kept
    word="${line##*[[:space:]]}"
    kept="${word%"${word##*[=:]}"}"
    COMPREPLY=($(rnnlab _complete "$line" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
    [[ "${COMPREPLY[0]-}" == *[=./] ]] && compopt -o nospace
}
complete -o default -F _rnnlab rnnlab
"""

_ZSH = r"""#compdef rnnlab
_rnnlab() {
    local -a answers open
    answers=("${(@f)$(rnnlab _complete "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
    open=(${(M)answers:#*[=./]})
    answers=(${answers:#*[=./]})
    (( $#open )) && compadd -Q -S '' -a open
    (( $#answers )) && compadd -Q -a answers
    (( $#open + $#answers )) || _files
}
compdef _rnnlab rnnlab
"""

_FISH = r"""function __rnnlab
    rnnlab _complete (commandline -cp | string collect) 2>/dev/null
end
complete -c rnnlab -f -a '(__rnnlab)'
complete -c rnnlab -l input -rF
complete -c rnnlab -l output -rF
complete -c rnnlab -l output-dir -rF
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str) -> str:
    """Return the completion script of a shell.

    Raises:
        ConfigError: There is none for that shell.
    """
    if shell not in _SCRIPTS:
        near = nearest(shell, _SCRIPTS)
        raise ConfigError("has no completion", key="shell", value=shell, valid=_SCRIPTS, near=near)
    return _SCRIPTS[shell]
