package import Resources

/// An environment and the colour that is live in it.
package struct EnvironmentRecord: Sendable, Hashable, Codable {
  package var name: String
  package var live: Colour
  /// When the colour last changed, or the environment was first seen.
  package var since: Timestamp

  package init(name: String, live: Colour, since: Timestamp) {
    self.name = name
    self.live = live
    self.since = since
  }
}

/// What is written once when a rollout begins.
package struct RolloutRecord: Sendable, Hashable, Codable {
  /// Short, unique and sortable by time, such as `20261121-0300-k3f9`.
  package var id: String
  package var environment: String
  package var from: Colour
  package var to: Colour
  /// The playbook's text as it was read, and where from.
  package var playbook: String
  package var playbookName: String
  /// Values given on the command line, as a JSON object.
  package var parameters: String
  /// What `cutover plan` would have said, as JSON, for the reader of the history.
  package var preview: String
  package var started: Timestamp
  package var ended: Timestamp?
  /// `completed` or `rolled-back`; nil while open.
  package var outcome: String?

  package init(
    id: String, environment: String, from: Colour, to: Colour, playbook: String,
    playbookName: String, parameters: String, preview: String, started: Timestamp
  ) {
    self.id = id
    self.environment = environment
    self.from = from
    self.to = to
    self.playbook = playbook
    self.playbookName = playbookName
    self.parameters = parameters
    self.preview = preview
    self.started = started
  }
}

/// A fact with its place and time.
package struct FactRecord: Sendable, Hashable {
  /// 1, 2, 3 … without gaps within a rollout.
  package var sequence: Int
  package var at: Timestamp
  package var fact: Fact

  package init(sequence: Int, at: Timestamp, fact: Fact) {
    self.sequence = sequence
    self.at = at
    self.fact = fact
  }
}

/// Who drives, told so exactly that a dead driver cannot be taken for a living one.
package struct LeaseHolder: Sendable, Hashable, Codable, CustomStringConvertible {
  package var person: String
  package var host: String
  package var pid: Int
  /// What tells two processes of one number apart, such as boot id and start time.
  package var incarnation: String

  package init(person: String, host: String, pid: Int, incarnation: String) {
    self.person = person
    self.host = host
    self.pid = pid
    self.incarnation = incarnation
  }

  package var description: String { "\(person) on \(host) (process \(pid))" }
}

/// The right to drive an environment; a newer epoch ends every older one.
package struct Lease: Sendable, Hashable, Codable {
  package var environment: String
  package var epoch: Int
  package var holder: LeaseHolder
  package var acquired: Timestamp
  package var heartbeat: Timestamp

  package init(
    environment: String, epoch: Int, holder: LeaseHolder, acquired: Timestamp,
    heartbeat: Timestamp
  ) {
    self.environment = environment
    self.epoch = epoch
    self.holder = holder
    self.acquired = acquired
    self.heartbeat = heartbeat
  }
}

/// What one process asks of the one that drives.
package enum RequestVerb: Sendable, Hashable, Codable {
  case pause(Person)
  case resume(Person)
  case approve(step: String, Person)
  case reject(step: String, Person)
  case retry(step: String, Person)
  case skip(step: String, Person)
  case rollback(Person)

  package var kind: String {
    switch self {
    case .pause: "pause"
    case .resume: "resume"
    case .approve: "approve"
    case .reject: "reject"
    case .retry: "retry"
    case .skip: "skip"
    case .rollback: "rollback"
    }
  }

  package var step: String? {
    switch self {
    case .approve(let step, _): step
    case .reject(let step, _): step
    case .retry(let step, _): step
    case .skip(let step, _): step
    case .pause: nil
    case .resume: nil
    case .rollback: nil
    }
  }

  package var person: Person {
    switch self {
    case .pause(let person): person
    case .resume(let person): person
    case .approve(_, let person): person
    case .reject(_, let person): person
    case .retry(_, let person): person
    case .skip(_, let person): person
    case .rollback(let person): person
    }
  }
}

package struct RequestRecord: Sendable, Hashable {
  package var id: Int
  package var rollout: String
  package var verb: RequestVerb
  package var asked: Timestamp
  /// Nil while nobody has looked at it; empty when it was done; otherwise why it was not.
  package var refusal: String?
  package var answered: Timestamp?

  package init(
    id: Int, rollout: String, verb: RequestVerb, asked: Timestamp, refusal: String? = nil,
    answered: Timestamp? = nil
  ) {
    self.id = id
    self.rollout = rollout
    self.verb = verb
    self.asked = asked
    self.refusal = refusal
    self.answered = answered
  }
}
