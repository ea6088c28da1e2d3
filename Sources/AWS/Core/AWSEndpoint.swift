package import Resources

/// Where a service answers for one region, and what its requests are signed for.
package struct AWSEndpoint: Sendable, Hashable {
  /// Scheme and host, no slash at the end.
  package let url: String
  package let signingRegion: String
  /// Whether a person named the endpoint; such a one gets no names put before its host.
  package let isCustom: Bool

  package init(
    _ service: AWSService, region: String, settings: AWSSession.Settings
  ) throws(Failure) {
    let suffix = service.name.uppercased().replacing("-", with: "_")
    let environment = settings.environment
    signingRegion = service.isGlobal ? "us-east-1" : region
    if environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true",
      let custom = environment["AWS_ENDPOINT_URL_\(suffix)"] ?? environment["AWS_ENDPOINT_URL"]
    {
      url = custom.hasSuffix("/") ? String(custom.dropLast()) : custom
      isCustom = true
      return
    }
    isCustom = false
    url =
      service.isGlobal
      ? "https://\(service.endpointPrefix).amazonaws.com"
      : "https://\(service.endpointPrefix).\(region).amazonaws.com"
  }
}
