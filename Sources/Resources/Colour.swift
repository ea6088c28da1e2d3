/// Which of an environment's two deployments is meant; they alternate.
package enum Colour: String, Hashable, Sendable, Codable, CaseIterable {
  case blue
  case green

  package var other: Colour {
    switch self {
    case .blue: .green
    case .green: .blue
    }
  }
}
