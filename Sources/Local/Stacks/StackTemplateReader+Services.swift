import JSON

/// The part of a template that says what to run.
extension StackTemplateReader {
  private static let serviceKeys = [
    "command", "environment", "folder", "port", "health", "startWithin", "stopWithin",
  ]
  private static let healthKeys = ["http", "status", "command", "within"]
  /// Where programs are found when a service does not declare a PATH.
  static let standardPath = "/usr/local/bin:/usr/bin:/bin"
  private static let startWithin: Int64 = 30_000
  private static let stopWithin: Int64 = 10_000
  private static let healthLimit: Int64 = 2_000
  private static let durationMax: Int64 = 3_600_000
  static let reservedPrefix = "CUTOVER_"

  /// A service and its secret variables; nil when something of it is reported.
  mutating func readService(
    _ member: JSONNode.Member
  ) -> (ServiceDefinition, [String: String])? {
    let before = problems.count
    let node = member.value
    guard isName(member.name) else {
      report("'\(member.name)' cannot be a service's name", member.nameRange.start)
      return nil
    }
    guard object(node) != nil else { return nil }
    checkKeys(node, Self.serviceKeys, "a service")
    let command = words(node["command"], in: node)
    let (plain, secret) = readEnvironment(node["environment"])
    let ports = readPorts(node["port"])
    let health = readHealth(node["health"], ports, node)
    let folder = node["folder"].flatMap { plainText($0, "a folder") } ?? "."
    let service = ServiceDefinition(
      name: member.name, command: command, environment: plain,
      secretDigest: secret.isEmpty
        ? nil : digest(secret.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }),
      folder: folder.hasPrefix("/") ? folder : "\(places.template)/\(folder)", ports: ports,
      health: health,
      startWithinMilliseconds: milliseconds(node["startWithin"]) ?? Self.startWithin,
      stopWithinMilliseconds: milliseconds(node["stopWithin"]) ?? Self.stopWithin)
    return problems.count == before ? (service, secret) : nil
  }

  private mutating func words(_ node: JSONNode?, in owner: JSONNode) -> [String] {
    guard let node else {
      report("'command' is missing: the program and its arguments, as a list", owner)
      return []
    }
    guard let elements = node.elements, !elements.isEmpty else {
      report("a command is a list of a program and its arguments; no shell reads it", node)
      return []
    }
    let words = elements.compactMap { plainText($0, "a word of a command") }
    if words.first == "" { report("a command's program is empty", elements[0]) }
    return words
  }

  private mutating func readEnvironment(
    _ node: JSONNode?
  ) -> (plain: [String: String], secret: [String: String]) {
    var plain: [String: String] = [:]
    var secret: [String: String] = [:]
    for member in object(node) ?? [] {
      let isTaken = member.name.hasPrefix(Self.reservedPrefix)
      guard isName(member.name), !member.name.contains("-"), !isTaken else {
        report(
          isTaken
            ? "variables named \(Self.reservedPrefix)… are kept for marks"
            : "'\(member.name)' cannot be a variable's name", member.nameRange.start)
        continue
      }
      guard let value = text(member.value, "a variable", outputs: true) else { continue }
      if value.isSecret {
        secret[member.name] = value.text
      } else {
        plain[member.name] = value.text
      }
    }
    if plain["PATH"] == nil, secret["PATH"] == nil { plain["PATH"] = Self.standardPath }
    return (plain, secret)
  }

  private mutating func readPorts(_ node: JSONNode?) -> [UInt16] {
    guard let node else { return [] }
    let elements = node.elements ?? [node]
    if elements.count > Self.portsMax { report("there are more than \(Self.portsMax) ports", node) }
    var ports: [UInt16] = []
    for element in elements.prefix(Self.portsMax) {
      guard let text = plainText(element, "a port") else { continue }
      guard let port = UInt16(text), port > 0, !ports.contains(port) else {
        report("'\(text)' is not a port of its own from 1 to 65535", element)
        continue
      }
      ports.append(port)
    }
    return ports
  }

  private mutating func readHealth(
    _ node: JSONNode?, _ ports: [UInt16], _ service: JSONNode
  ) -> HealthCheck {
    guard let node else {
      if service["port"] == nil {
        report(
          "a service needs 'port' or 'health': nothing else tells whether it works", service)
      }
      return .listening
    }
    guard object(node) != nil else { return .listening }
    checkKeys(node, Self.healthKeys, "a health check")
    let limit = milliseconds(node["within"]) ?? Self.healthLimit
    switch (node["http"], node["command"]) {
    case (let path?, nil):
      if service["port"] == nil { report("an http check needs the service's 'port'", path) }
      let text = plainText(path, "a path") ?? "/"
      guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
        report("a path begins with '/' and holds no spaces: such as \"/health\"", path)
        return .listening
      }
      let status = node["status"].map { $0.integer ?? 0 } ?? 200
      if !(100...599).contains(status) {
        report("a status is a number from 100 to 599", node["status"] ?? node)
      }
      return .http(path: text, status: status, limitMilliseconds: limit)
    case (nil, let command?):
      return .command(words(command, in: node), limitMilliseconds: limit)
    case (nil, nil), (.some, .some):
      report("a health check has either 'http' or 'command'", node)
      return .listening
    }
  }

  private mutating func milliseconds(_ node: JSONNode?) -> Int64? {
    guard let node else { return nil }
    let text = node.string ?? ""
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [Substring: Int64] = ["ms": 1, "s": 1000, "m": 60_000]
    guard digits.utf8.count <= 7, let number = Int64(digits), number > 0,
      let unit = units[text.dropFirst(digits.count)], number * unit <= Self.durationMax
    else {
      report("expected a time of at most an hour, such as \"500ms\", \"20s\" or \"5m\"", node)
      return nil
    }
    return number * unit
  }
}
