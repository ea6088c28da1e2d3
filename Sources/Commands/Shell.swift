/// A shell that completion scripts are written for.
package enum Shell: String, CaseIterable, ArgumentValue {
  case bash
  case zsh
  case fish

  /// Where each shell looks for the script, as help shows it.
  static func installation(program: String) -> String {
    """
    Where to put the script:

      bash  \(program) completions bash > /etc/bash_completion.d/\(program)
      zsh   \(program) completions zsh > "${fpath[1]}/_\(program)"
      fish  \(program) completions fish > ~/.config/fish/completions/\(program).fish
    """
  }
}
