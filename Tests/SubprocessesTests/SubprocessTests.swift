import Foundation
import Harness
import Testing

@testable import Subprocesses

/// The least that shell scripts need.
let path = ["PATH": "/usr/bin:/bin"]

func shell(
  _ script: String, _ environment: [String: String] = path, folder: String? = nil,
  input: [UInt8] = [], outputBytesMax: Int = 64 << 10, timeLimit: Duration? = .seconds(30),
  grace: Duration = .seconds(10)
) -> Invocation {
  Invocation(
    "sh", ["-c", script], environment: environment, folder: folder, input: input,
    outputBytesMax: outputBytesMax, timeLimit: timeLimit, grace: grace)
}

@Suite(.waiting) struct SubprocessTests {
  @Test("output, errors and exit status come back, and a failing status is no failure")
  func basics() async throws {
    let outcome = try await Subprocess.run(shell("echo out; echo err >&2; exit 3"))
    #expect(outcome.ending == .exited(3))
    #expect(outcome.interruption == nil)
    #expect(!outcome.succeeded)
    #expect(outcome.output.text == "out\n")
    #expect(outcome.errors.text == "err\n")
    #expect(!outcome.leftOthers)
  }

  @Test("a process sees exactly the environment it was given")
  func environment() async throws {
    let given = ["A": "1", "B": "two words", "EMPTY": ""]
    let outcome = try await Subprocess.run(
      Invocation("/usr/bin/env", environment: given, timeLimit: .seconds(30)))
    #expect(outcome.output.text == "A=1\nB=two words\nEMPTY=\n")
  }

  @Test("a process inherits no descriptor but its three standard ones")
  func descriptors() async throws {
    let outcome = try await Subprocess.run(shell("ls /proc/self/fd"))
    // The fourth is the folder that ls itself has open.
    #expect(outcome.output.text == "0\n1\n2\n3\n")
  }

  @Test("a process leads its own session and blocks or ignores no signal")
  func session() async throws {
    let outcome = try await Subprocess.run(
      shell("read stat < /proc/$$/stat; echo $$ $stat; grep -E 'SigBlk|SigIgn' /proc/self/status"))
    let words = outcome.output.text.split(whereSeparator: \.isWhitespace).map(String.init)
    let pid = words[0]
    // pid, comm, state, parent, group, session
    #expect(words[5] == pid && words[6] == pid)
    #expect(outcome.output.text.contains("SigBlk:\t0000000000000000"))
    // The two highest are the C library's own.
    let ignored = try #require(words.last.flatMap { UInt64($0, radix: 16) })
    #expect(ignored & 0x7fff_ffff == 0)
  }

  @Test("a program that somebody still has open for writing is waited for, but not for ever")
  func busy() async throws {
    let folder = try TemporaryFolder()
    let program = folder.file("program")
    try Data("#!/bin/sh\necho ran\n".utf8).write(to: URL(filePath: program))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let writer = try await Subprocess.run(
      shell("exec 3>>\(program); setsid sleep 0.1 &", folder: folder.path))
    #expect(writer.succeeded)
    let outcome = try await Subprocess.run(
      Invocation(program, environment: [:], timeLimit: .seconds(30)))
    #expect(outcome.output.text == "ran\n")

    let held = try #require(FileHandle(forWritingAtPath: program))
    let failure = await #expect(throws: SubprocessFailure.self) {
      try await Subprocess.run(Invocation(program, environment: [:], timeLimit: .seconds(30)))
    }
    #expect("\(try #require(failure))".contains("Text file busy"))
    try held.close()
  }

  @Test("arguments arrive as they are, whatever a shell would make of them")
  func arguments() async throws {
    let odd = ["a b", "*", "$HOME", "'", "\"", "", "é\n"]
    let outcome = try await Subprocess.run(
      Invocation("/usr/bin/printf", ["%s|"] + odd, environment: [:], timeLimit: .seconds(30)))
    #expect(outcome.output.text == odd.map { "\($0)|" }.joined())
  }

  @Test("it starts in the folder named")
  func folder() async throws {
    let outcome = try await Subprocess.run(shell("pwd -P", folder: "/proc"))
    #expect(outcome.output.text == "/proc\n")
  }

  @Test("input of many pipe-fulls arrives whole while as much output comes back")
  func input() async throws {
    let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let outcome = try await Subprocess.run(
      Invocation(
        "cat", environment: path, input: input, outputBytesMax: 8 << 20, timeLimit: .seconds(30)))
    #expect(outcome.output.complete == input)
  }

  @Test("a process that does not read its input ends as it likes")
  func unreadInput() async throws {
    let outcome = try await Subprocess.run(
      shell("exec 0<&-; exit 4", input: [UInt8](repeating: 65, count: 1 << 20)))
    #expect(outcome.ending == .exited(4))
  }

  @Test("a flood is drained without end, and its beginning and end are kept")
  func flood() async throws {
    let outcome = try await Subprocess.run(
      shell("echo start; head -c 200000000 /dev/zero; echo end", outputBytesMax: 1000))
    #expect(outcome.succeeded)
    #expect(outcome.output.head.count == 500 && outcome.output.tail.count == 500)
    #expect(outcome.output.droppedCount == 200_000_000 + 10 - 1000)
    #expect(outcome.output.head.starts(with: Array("start\n".utf8)))
    #expect(outcome.output.tail.suffix(4) == Array("end\n".utf8)[...])
    #expect(outcome.output.complete == nil)
  }

  @Test("lines come one by one as they are written, with the stream that they came from")
  func lines() async throws {
    let lines = Collector()
    _ = try await Subprocess.run(shell("echo a; echo b >&2; printf 'c\\n\\nd'")) { stream, line in
      lines.add("\(stream) \(String(decoding: line, as: UTF8.self))")
    }
    #expect(
      lines.all.filter { $0.hasPrefix("output") } == ["a", "c", "", "d"].map { "output \($0)" })
    #expect(lines.all.filter { $0.hasPrefix("errors") } == ["errors b"])
  }

  @Test("a process killed by a signal is told from one that exits")
  func signalled() async throws {
    #expect(try await Subprocess.run(shell("kill -9 $$")).ending == .signalled(9))
    #expect(try await Subprocess.run(shell("exit 137")).ending == .exited(137))
  }

  @Test("its use of the machine is told")
  func usage() async throws {
    let outcome = try await Subprocess.run(
      shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
    #expect(outcome.usage.user + outcome.usage.system > .zero)
    #expect(outcome.usage.residentBytesMax > 100_000)
    #expect(outcome.elapsed > .zero)
  }

  @Test("what cannot be started is told apart: no program, no folder, no permission")
  func unstartable() async throws {
    await #expect { try await Subprocess.run(shell("", ["PATH": "/nowhere"])) } throws: {
      ($0 as? SubprocessFailure)?.kind == .notFound && "\($0)".contains("in PATH (/nowhere)")
    }
    await #expect { try await Subprocess.run(shell("", [:])) } throws: {
      "\($0)".contains("has no PATH")
    }
    await #expect { try await Subprocess.run(shell("", folder: "/nowhere")) } throws: {
      ($0 as? SubprocessFailure)?.kind == .notFound && "\($0)".contains("folder '/nowhere'")
    }
    await #expect {
      try await Subprocess.run(Invocation("/etc/passwd", environment: [:], timeLimit: nil))
    } throws: {
      ($0 as? SubprocessFailure)?.kind == .denied
    }
    await #expect { try await Subprocess.run(shell("a\0b")) } throws: { "\($0)".contains("NUL") }
    await #expect { try await Subprocess.run(shell("", ["A=B": ""])) } throws: {
      "\($0)".contains("'A=B'")
    }
  }

  @Test("many at once all come back with their own output")
  func many() async throws {
    let outputs = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<40 {
        group.addTask { try await Subprocess.run(shell("echo \(number)")).output.text }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(outputs == Set((0..<40).map { "\($0)\n" }))
  }
}
