package import Resources

/// The providers of this target.
package enum LocalProviders {
  package static let all: [Provider] = [.sqlite, .directory, .users, .process, .values]
}
