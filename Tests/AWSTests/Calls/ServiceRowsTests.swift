import Foundation
import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("The table of services", .waiting)
struct ServiceRowsTests {
  @Test("every row says what the model of botocore says")
  func matchesModels() throws {
    let script = """
      import botocore.session, json
      session = botocore.session.get_session()
      models = {}
      for name in session.get_available_services():
          data = session.get_service_model(name).metadata
          models[name] = {key: data.get(key) or '' for key in (
              'endpointPrefix', 'signingName', 'targetPrefix', 'jsonVersion', 'apiVersion')}
          models[name]['protocols'] = data.get('protocols') or [data['protocol']]
      print(json.dumps(models))
      """
    let output = try Tool.run(["python3", "-c", script])
    let models = try JSONValue(reading: Array(output.text.utf8))
    let names = ServiceRows.names
    #expect(names.count > 400)
    #expect(Set(names).count == names.count)
    for name in names {
      guard let model = models[name] else { continue }
      let known = try KnownService(named: name)
      let prefix = try #require(model["endpointPrefix"]?.string)
      #expect(known.service.endpointPrefix == prefix, "\(name)")
      let signing = model["signingName"]?.string ?? ""
      #expect(known.service.signingName == (signing.isEmpty ? prefix : signing), "\(name)")
      let protocols = (model["protocols"]?.elements ?? []).compactMap(\.string)
      switch known.service.dialect {
      case .json(let version, let target):
        #expect(protocols.contains("json"), "\(name)")
        #expect(model["jsonVersion"]?.string == version && model["targetPrefix"]?.string == target)
      case .query(let version):
        #expect(protocols.contains(known.isEC2 ? "ec2" : "query"), "\(name)")
        #expect(model["apiVersion"]?.string == version, "\(name)")
      case .restJSON: #expect(protocols.contains("rest-json"), "\(name)")
      case .restXML: #expect(protocols.contains("rest-xml"), "\(name)")
      }
    }
  }

  @Test("an unknown service is refused with the nearest name")
  func suggests() {
    let error = #expect(throws: Failure.self) { try KnownService(named: "cognito-ipd") }
    #expect(error?.hint.contains("cognito-idp") == true)
  }

  @Test("a service with one home is called there, but not from other partitions")
  func goesHome() throws {
    let known = try KnownService(named: "organizations")
    #expect(known.home(of: CloudPlace(), "eu-west-1").region == "us-east-1")
    #expect(known.home(of: CloudPlace(), "cn-north-1").region == nil)
  }
}
