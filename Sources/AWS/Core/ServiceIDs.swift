/// The names of services in `AWS_ENDPOINT_URL_…`, where they differ from the command-line tool's.
///
/// Source: the `serviceId` of each service's model in botocore.
enum ServiceIDs {
  /// In capitals, with underscores; in a configuration file the same in small letters.
  static func name(of service: String) -> String {
    names[service] ?? service.uppercased().replacing("-", with: "_")
  }

  private static let names: [String: String] = Dictionary(
    rows.split { $0 == " " || $0 == "\n" }.map { row in
      let parts = row.split(separator: "=")
      return (String(parts[0]), String(parts[1]))
    }, uniquingKeysWith: { $1 })

  private static let rows = """
    apigateway=API_GATEWAY application-autoscaling=APPLICATION_AUTO_SCALING appmesh=APP_MESH
    autoscaling=AUTO_SCALING autoscaling-plans=AUTO_SCALING_PLANS ce=COST_EXPLORER
    cloudhsmv2=CLOUDHSM_V2 cloudsearchdomain=CLOUDSEARCH_DOMAIN
    cognito-idp=COGNITO_IDENTITY_PROVIDER config=CONFIG_SERVICE cur=COST_AND_USAGE_REPORT_SERVICE
    datapipeline=DATA_PIPELINE devicefarm=DEVICE_FARM directconnect=DIRECT_CONNECT
    discovery=APPLICATION_DISCOVERY_SERVICE dms=DATABASE_MIGRATION_SERVICE ds=DIRECTORY_SERVICE
    ds-data=DIRECTORY_SERVICE_DATA dynamodbstreams=DYNAMODB_STREAMS
    elasticbeanstalk=ELASTIC_BEANSTALK elb=ELASTIC_LOAD_BALANCING elbv2=ELASTIC_LOAD_BALANCING_V2
    es=ELASTICSEARCH_SERVICE events=EVENTBRIDGE globalaccelerator=GLOBAL_ACCELERATOR
    iot-data=IOT_DATA_PLANE iot-jobs-data=IOT_JOBS_DATA_PLANE iotwireless=IOT_WIRELESS
    kinesisanalytics=KINESIS_ANALYTICS kinesisanalyticsv2=KINESIS_ANALYTICS_V2
    kinesisvideo=KINESIS_VIDEO lex-models=LEX_MODEL_BUILDING_SERVICE
    lex-runtime=LEX_RUNTIME_SERVICE lexv2-models=LEX_MODELS_V2 lexv2-runtime=LEX_RUNTIME_V2
    logs=CLOUDWATCH_LOGS machinelearning=MACHINE_LEARNING
    marketplace-entitlement=MARKETPLACE_ENTITLEMENT_SERVICE
    marketplacecommerceanalytics=MARKETPLACE_COMMERCE_ANALYTICS
    meteringmarketplace=MARKETPLACE_METERING mgh=MIGRATION_HUB
    resourcegroupstaggingapi=RESOURCE_GROUPS_TAGGING_API route53=ROUTE_53
    route53domains=ROUTE_53_DOMAINS s3control=S3_CONTROL sdb=SIMPLEDB
    secretsmanager=SECRETS_MANAGER serverlessrepo=SERVERLESSAPPLICATIONREPOSITORY
    servicecatalog=SERVICE_CATALOG servicecatalog-appregistry=SERVICE_CATALOG_APPREGISTRY
    sms-voice=PINPOINT_SMS_VOICE stepfunctions=SFN storagegateway=STORAGE_GATEWAY
    """
}
