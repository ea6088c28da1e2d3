import Resources
import Subprocesses
import Wire

/// Runs the program that a profile names as `credential_process`.
///
/// Source: "Sourcing credentials with an external process" of the AWS CLI user guide. The program
/// gets what it needs to find its own files and services, and none of our secrets.
struct CredentialProcess {
  let profile: AWSProfile
  let environment: [String: String]

  private static let timeLimit: Duration = .seconds(60)
  private static let outputBytesMax = 64 << 10
  /// The only version of the format.
  private static let version = 1
  private static let passed: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "TMPDIR", "TZ",
    "DISPLAY", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
    "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE",
  ]

  func run(_ command: String) async throws(Failure) -> SigningCredentials {
    let words = try words(command)
    guard let program = words.first else {
      throw profile.broken("credential_process", "it names no program")
    }
    let source = "the process '\(program)' of the profile '\(profile.name)'"
    let outcome: Outcome
    do throws(SubprocessFailure) {
      outcome = try await Subprocess.run(
        Invocation(
          program, Array(words.dropFirst()),
          environment: environment.filter { Self.passed.contains($0.key) },
          outputBytesMax: Self.outputBytesMax, timeLimit: Self.timeLimit))
    } catch {
      throw CredentialReply.broken(source, "it cannot be started (\(error.kind))")
    }
    if outcome.interruption == .cancellation { throw .cancelled }
    guard outcome.succeeded, let output = outcome.output.complete else {
      let how =
        switch (outcome.interruption, outcome.ending) {
        case (.timeLimit, _): "it took longer than a minute"
        case (_, .exited(0)): "it printed more than credentials"
        case (_, .exited(let status)): "it ended with status \(status)"
        case (_, .signalled(let signal)): "it was ended by signal \(signal)"
        }
      throw CredentialReply.broken(source, how)
    }
    var credentials = try CredentialReply.read(
      output, token: "SessionToken", version: Self.version, from: source)
    credentials.account = credentials.account ?? profile["aws_account_id"]
    return credentials
  }

  /// Splits a command as a shell would, without any expansion.
  private func words(_ command: String) throws(Failure) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in command {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let mark = quote {
        if character == mark { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil, !isEscaped else {
      throw profile.broken("credential_process", "a quotation is not closed")
    }
    return words + (word.map { [$0] } ?? [])
  }
}
