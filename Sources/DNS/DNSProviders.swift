package import Resources

/// The providers of this target.
package enum DNSProviders {
  package static let all: [Provider] = [.zoneFile, .dynamicZone]
}
