internal import Dispatch
internal import Glibc

/// Asks the person at the terminal one question.
///
/// It goes to the controlling terminal itself, so that output in a pipe stays clean.
enum TerminalQuestion {
  private static let answerBytesMax = 256

  /// Asks for the code of a second factor; nil where there is no terminal.
  static var factorAsker: (@Sendable (_ serial: String, _ profile: String) async -> String?)? {
    guard isatty(STDIN_FILENO) == 1 else { return nil }
    return { (serial, profile) in
      await ask("Code of \(serial) for the AWS profile '\(profile)': ")
    }
  }

  /// Waits for a line on a thread of its own; nil when there is none.
  private static func ask(_ question: String) async -> String? {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: line(after: question)) }
    }
  }

  private static func line(after question: String) -> String? {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    let text = Array("\n\(question)".utf8)
    guard write(terminal, text, text.count) == text.count else { return nil }
    var answer = [UInt8](repeating: 0, count: answerBytesMax)
    let count = read(terminal, &answer, answer.count)
    guard count > 0 else { return nil }
    let word = answer.prefix(count).filter { $0 > 0x20 && $0 < 0x7f }
    return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
  }
}
