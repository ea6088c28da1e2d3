import Resources

/// Where a service answers for one region, and what its requests are signed for.
package struct AWSEndpoint: Sendable, Hashable {
  /// Scheme and host, no slash at the end.
  package let url: String
  package let signingRegion: String
  /// Whether a person named the endpoint; such a one gets no names put before its host.
  package let isCustom: Bool

  /// An address that somebody names for one call; it has a scheme and no slash at its end.
  init(at url: String, signingRegion: String) {
    self.url = url
    self.signingRegion = signingRegion
    isCustom = true
  }

  /// In the order of the tools of AWS: the environment's endpoint for the service, the one for all,
  /// then those of the profile, then the one that AWS itself has.
  init(
    _ service: AWSService, region: String, environment: [String: String],
    profile: AWSProfile?, configuration: AWSConfiguration
  ) throws(Failure) {
    func isOn(_ name: String, _ key: String) -> Bool {
      let text = environment[name] ?? profile?[key]
      return text?.lowercased() == "true"
    }
    let host = AWSHost(
      service: service, region: region,
      isFIPS: isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
      isDualStack: isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))
    signingRegion = host.signingRegion
    let isIgnored = isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")
    let named =
      environment["AWS_ENDPOINT_URL_\(ServiceIDs.name(of: service.name))"]
      ?? environment["AWS_ENDPOINT_URL"]
      ?? profile.flatMap { configuration.endpoint(of: $0, service: service.name) }
    if !isIgnored, let named, !named.isEmpty {
      guard named.hasPrefix("https://") || named.hasPrefix("http://") else {
        throw .permanent(
          "the endpoint '\(named)' of \(service.name) is no URL",
          hint: "Write it with https:// or http:// in front.")
      }
      url = named.hasSuffix("/") ? String(named.dropLast()) : named
      isCustom = true
    } else {
      url = "https://\(try host.name())"
      isCustom = false
    }
  }
}
