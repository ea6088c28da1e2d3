import Foundation
import Testing

@testable import Commands

/// Whether a shell is there to test with; its tests are skipped, and say so, where it is not.
private func installed(_ shell: Shell) -> Bool { location(of: shell) != nil }

private func location(of shell: Shell) -> String? {
  ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(shell.rawValue)" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Runs a shell on a script read from standard input; standard output and error come back as one.
private func run(_ shell: Shell, _ arguments: [String], _ script: String) throws -> (Int32, String)
{
  let process = Process()
  // A shell that waits for words that never come must not hold up the suite.
  process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
  process.arguments = ["20", try #require(location(of: shell))] + arguments
  process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "dumb"]
  let input = Pipe()
  let output = Pipe()
  process.standardInput = input
  process.standardOutput = output
  process.standardError = output
  try process.run()
  input.fileHandleForWriting.write(Data(script.utf8))
  try input.fileHandleForWriting.close()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

@Suite struct CompletionsTests {
  @Test("bash reads the script without complaint", .enabled(if: installed(.bash)))
  func bashParses() throws {
    #expect(try run(.bash, ["-n"], sampleTable.completionScript(for: .bash)) == (0, ""))
  }

  @Test(
    "bash offers commands, options, choices and nested words", .enabled(if: installed(.bash)),
    arguments: [
      (["r"], "run"),
      (["journal", ""], "verify"),
      (["run", "--d"], "--dry-run"),
      (["run", "--format", ""], "text json"),
      (["run", "--format", "=", "j"], "json"),
      (["run", "--format", "="], "text json"),
      (["run", "--set", ""], ""),
      (["run", "--journal", "journal", "--f"], "--format"),
      (["environments", "rec"], "reconcile"),
      (["completions", ""], "bash zsh fish"),
      (["help", "sk"], "skip"),
      (["run", "/etc/host"], "/etc/host.conf /etc/hostname /etc/hosts"),
      (["environments", "reconcile", "/us"], "/usr"),
    ])
  func bashOffers(words: [String], expected: String) throws {
    let line = (["cutover"] + words).map { ShellText.quoted($0) }.joined(separator: " ")
    let script =
      sampleTable.completionScript(for: .bash)
      + "COMP_WORDS=(\(line)); COMP_CWORD=\(words.count); _cutover; echo \"${COMPREPLY[*]}\"\n"
    let (status, output) = try run(.bash, ["--norc"], script)
    #expect(status == 0)
    let offered = output.split(whereSeparator: \.isWhitespace).sorted()
    let wanted = expected.split(separator: " ").filter {
      !$0.hasPrefix("/etc") || FileManager.default.fileExists(atPath: String($0))
    }.sorted()
    #expect(offered == wanted)
  }

  @Test("zsh reads the script without complaint", .enabled(if: installed(.zsh)))
  func zshParses() throws {
    #expect(try run(.zsh, ["-f", "-n"], sampleTable.completionScript(for: .zsh)) == (0, ""))
  }

  @Test("zsh finishes an option typed into a terminal", .enabled(if: installed(.zsh)))
  func zshSpecifications() throws {
    let (status, output) = try run(.zsh, ["-f"], zshDriver)
    #expect(status == 0)
    #expect(output.contains("cutover run --format="))
    #expect(!output.contains("_arguments"))
  }

  /// Types an unfinished word and a tab into an interactive zsh, and shows the line it made of it.
  private var zshDriver: String {
    """
    zmodload zsh/zpty
    file=$(mktemp)
    cat > $file <<'END'
    \(sampleTable.completionScript(for: .zsh))
    END
    zpty z zsh -f -i
    zpty -w z "PS1=''; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D"
    zpty -w z "source $file; rm $file; print REA''DY"
    zpty -r -m z line '*READY*'
    zpty -w -n z $'cutover run --forma\\t'
    zpty -r -m z line '*cutover run --format=*'
    print -r -- "$line"
    zpty -d z
    """
  }

  @Test("fish reads the script without complaint", .enabled(if: installed(.fish)))
  func fishParses() throws {
    #expect(try run(.fish, ["-n"], sampleTable.completionScript(for: .fish)) == (0, ""))
  }

  @Test(
    "fish offers commands, options, choices and nested words", .enabled(if: installed(.fish)),
    arguments: [
      ("cutover r", "run"),
      ("cutover journal ", "verify"),
      ("cutover run --dr", "--dry-run"),
      ("cutover run --format ", "json text"),
      ("cutover run --format=j", "--format=json"),
      ("cutover environments re", "reconcile"),
      ("cutover completions ", "bash fish zsh"),
      ("cutover help sk", "skip"),
    ])
  func fishOffers(line: String, expected: String) throws {
    let script =
      sampleTable.completionScript(for: .fish) + "complete -C \(ShellText.fishQuoted(line))\n"
    let (status, output) = try run(.fish, ["--no-config"], script)
    #expect(status == 0)
    let offered = output.split(separator: "\n").compactMap { $0.split(separator: "\t").first }
    #expect(offered.sorted().joined(separator: " ") == expected)
  }
}
