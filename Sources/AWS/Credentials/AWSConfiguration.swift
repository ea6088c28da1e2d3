import Resources

/// What the shared configuration and credentials files say, both together.
///
/// A value in the credentials file wins over one in the configuration file.
struct AWSConfiguration: Sendable {
  private let profiles: [String: ConfigurationFile.Section]
  private let sessions: [String: ConfigurationFile.Section]
  private let services: [String: ConfigurationFile.Section]
  /// Both files, for messages.
  let files: String

  init(_ settings: AWSSession.Settings) throws(Failure) {
    let environment = settings.environment
    let configPath = Self.path(
      environment["AWS_CONFIG_FILE"] ?? "~/.aws/config", settings.homeFolder)
    let credentialsPath = Self.path(
      environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials", settings.homeFolder)
    var profiles: [String: ConfigurationFile.Section] = [:]
    var sessions: [String: ConfigurationFile.Section] = [:]
    var services: [String: ConfigurationFile.Section] = [:]
    for (header, section) in try ConfigurationFile.read(configPath).sections {
      let words = header.split(separator: " ", maxSplits: 1).map(String.init)
      switch (words.first, words.count) {
      case ("default", 1): profiles["default"] = profiles["default"] ?? section
      case ("profile", 2): profiles[words[1]] = section
      case ("sso-session", 2): sessions[words[1]] = section
      case ("services", 2): services[words[1]] = section
      case _: break
      }
    }
    for (name, section) in try ConfigurationFile.read(credentialsPath).sections {
      let marked = section.mapValues { value in
        var value = value
        value.isFromCredentialsFile = true
        return value
      }
      profiles[name, default: [:]].merge(marked) { $1 }
    }
    self.profiles = profiles
    self.sessions = sessions
    self.services = services
    files = "\(configPath) and \(credentialsPath)"
  }

  /// Nil for a profile that neither file has.
  func profile(_ name: String) -> AWSProfile? {
    profiles[name].map { AWSProfile(name: name, section: $0) }
  }

  func session(_ name: String) -> ConfigurationFile.Section? { sessions[name] }

  /// The endpoint that a profile names for a service, or for all.
  func endpoint(of profile: AWSProfile, service: String) -> String? {
    let id = ServiceIDs.name(of: service).lowercased()
    return profile["services"].flatMap { services[$0]?[id]?.nested["endpoint_url"]?.text }
      ?? profile["endpoint_url"]
  }

  private static func path(_ text: String, _ home: String) -> String {
    text == "~" || text.hasPrefix("~/") ? home + text.dropFirst() : text
  }
}

/// One profile: its name and what the files say of it.
struct AWSProfile: Sendable {
  let name: String
  let section: ConfigurationFile.Section

  /// The value of a key; nil for one that is missing or empty.
  subscript(_ key: String) -> String? {
    section[key].flatMap { $0.text.isEmpty ? nil : $0.text }
  }

  /// Whether a key stands in the credentials file, and not in the configuration file.
  func isFromCredentialsFile(_ key: String) -> Bool {
    section[key]?.isFromCredentialsFile ?? false
  }

  /// Where a key stands, for messages.
  func place(_ key: String) -> String { section[key]?.place ?? "profile '\(name)'" }

  /// What must be there once another key is.
  func require(_ key: String, beside other: String) throws(Failure) -> String {
    if let value = self[key] { return value }
    throw broken(other, "it needs '\(key)' beside it")
  }

  func broken(_ key: String, _ why: String) -> Failure {
    .permanent(
      "the AWS profile '\(name)' is broken at \(place(key)), '\(key)': \(why)",
      hint: "Mend the profile, or name another one.")
  }
}
