/// What every command gets.
struct Context: Sendable {
  let console: Console
  let wiring: Wiring

  /// The same with the credentials that a person chose on the command line.
  func using(_ options: CloudOptions) -> Context {
    guard let profile = options.profile else { return self }
    return Context(console: console, wiring: wiring.using(profile: profile))
  }
}
