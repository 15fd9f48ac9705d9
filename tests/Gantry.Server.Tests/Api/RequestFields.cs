namespace Gantry.Server.Tests.Api;

/// <summary>What becomes of a field that a client sends.</summary>
internal enum Fate
{
    /// <summary>The object or its desired state is another than without the field.</summary>
    Honoured,

    /// <summary>400, with the field in <c>details</c>.</summary>
    Refused,

    /// <summary>Taken, without any effect, for the reason in the table.</summary>
    Ignored,
}

/// <param name="Path">From the root of the request, for example <c>spec.machinepoolconfig[1].poolConfig.size</c>.</param>
/// <param name="Sample">JSON that asks for something.</param>
internal sealed record RequestField(string Path, string Sample, Fate Fate);

/// <summary>
/// The fields of the requests of Palette's API that this console answers, with those of Gantry's own. A line is the path, a sample,
/// and <c>=</c> for honoured, <c>400</c> for refused, or why the field is ignored; the parts stand two blanks apart. A setting
/// that is refused as a whole has one line with a sample of all of it.
/// </summary>
internal static class RequestFields
{
    private const string Metadata = """
        metadata.uid  "other"  uids are made by the console
        metadata.creationTimestamp  "2031-01-01T00:00:00.000Z"  times are the console's
        metadata.lastModifiedTimestamp  "2031-01-01T00:00:00.000Z"  times are the console's
        metadata.deletionTimestamp  "2031-01-01T00:00:00.000Z"  times are the console's
        unknown  "x"  400
        metadata.unknown  "x"  400
        """;

    private const string Pool = """
        cloudConfig.azs  ["rack-z"]  =
        cloudConfig.instanceType.minCPU  9  =
        cloudConfig.instanceType.minMemInMB  9999  =
        cloudConfig.instanceType.minDiskSizeInGB  99  =
        cloudConfig.network  {"networkName":"a","parentPoolUid":"b","staticIp":true}  400
        cloudConfig.resourcePool  "other"  =
        cloudConfig.tags  ["other"]  =
        cloudConfig.notTags  ["other"]  =
        cloudConfig.useLxdVm  true  400
        cloudConfig.architecture  "arm64"  =
        cloudConfig.subnet  "10.9.0.0/24"  =
        cloudConfig.erasePolicy  "quick"  =
        cloudConfig.unknown  "x"  400
        poolConfig.additionalAnnotations  {"a":"b"}  =
        poolConfig.additionalLabels  {"a":"b"}  =
        poolConfig.additionalTags  {"a":"b"}  400
        poolConfig.isControlPlane  true  400
        poolConfig.labels  ["other"]  400
        poolConfig.machinePoolProperties.archType  "arm64"  =
        poolConfig.maxSize  9  400
        poolConfig.minSize  9  400
        poolConfig.nodeRepaveInterval  60  =
        poolConfig.nodeDrainTimeout  60  =
        poolConfig.overrideKubeadmConfiguration  "x"  400
        poolConfig.overrideClusterApiConfig  "x"  400
        poolConfig.overrideHealthCheckConfiguration  "x"  400
        poolConfig.size  3  =
        poolConfig.skipK8sUpgrade  "enabled"  400
        poolConfig.taints[0].effect  "NoExecute"  =
        poolConfig.taints[0].key  "other"  =
        poolConfig.taints[0].value  "other"  =
        poolConfig.taints[0].timeAdded  "2031-01-01T00:00:00.000Z"  Kubernetes sets it; clients send back what they read
        poolConfig.updateStrategy.type  "RollingUpdateScaleIn"  =
        poolConfig.updateStrategy.maxSurge  "2"  =
        poolConfig.updateStrategy.maxUnavailable  "1"  =
        poolConfig.useControlPlaneAsWorker  true  400
        poolConfig.unknown  "x"  400
        """;

    private const string Config = """
        enableLxdVm  true  400
        ntpServers  ["ntp.example"]  =
        sshKeys  ["ssh-ed25519 BBBB you"]  =
        staticIp  true  400
        updateWorkerPoolsInParallel  true  =
        nodeDrainTimeout  60  =
        overrideClusterApiConfig  "x"  400
        """;

    private const string Profile = """
        uid  "other"  400
        variables  [{"name":"a","value":"b"}]  400
        packValues[0].name  "other"  400
        packValues[0].tag  "1.36.5"  =
        packValues[0].type  "helm"  400
        packValues[0].values  "pack: { serviceDomain: other.local }"  =
        packValues[0].manifests  [{"name":"a","content":"b","uid":"c"}]  400
        packValues[0].unknown  "x"  400
        """;

    private const string ProfileTemplate = """
        metadata.labels  {"a":"b"}  =
        metadata.annotations  {"description":"x"}  =
        spec.version  "2.0.0"  =
        spec.template.cloudType  "aws"  400
        spec.template.type  "system"  400
        spec.template.packs[0].layer  "k8s"  400
        spec.template.packs[0].name  "other"  400
        spec.template.packs[0].registryUid  "other"  400
        spec.template.packs[0].tag  "9.9.9"  400
        spec.template.packs[0].type  "helm"  400
        spec.template.packs[0].uid  "other"  400
        spec.template.packs[0].values  "image: custom/other"  =
        spec.template.packs[4].manifests[0].content  "{ apiVersion: v1, kind: Other }"  =
        spec.template.packs[4].manifests[0].name  "other"  =
        spec.template.packs[4].manifests[0].uid  "other"  manifests are found by their names
        spec.variables  [{"name":"a","defaultValue":"b","format":"string","hidden":true,"options":[{"value":"c"}]}]  400
        """;

    /// <summary>By operation, in the order of a client's work.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<RequestField>> All { get; } =
        new Dictionary<string, IReadOnlyList<RequestField>>
        {
            ["v1SpectroClustersMaasCreate"] =
            [
                .. Read(Metadata),
                .. Read("spec.cloudConfig.", Config),
                .. Read("spec.profiles[0].", Profile),
                .. Read("spec.machinepoolconfig[1].", Pool),
                .. Read(
                    """
                    metadata.name  "other"  =
                    metadata.labels  {"a":"b"}  =
                    metadata.annotations  {"description":"x"}  =
                    spec.unknown  "x"  400
                    spec.cloudAccountUid  "other"  400
                    spec.cloudType  "aws"  400
                    spec.kubernetes  "1.35.9"  =
                    spec.cloudConfig.domain  "lab.example"  =
                    spec.cloudConfig.endpoint  "api.example:6443"  =
                    spec.cloudConfig.unknown  "x"  400
                    spec.clusterTemplate  {"uid":"x"}  400
                    spec.clusterType  "PureAttach"  400
                    spec.clusterConfig.unknown  "x"  400
                    spec.clusterConfig.clusterMetaAttribute  "x"  =
                    spec.clusterConfig.controlPlaneHealthCheckTimeout  "10m"  400
                    spec.clusterConfig.hostClusterConfig.isHostCluster  true  400
                    spec.clusterConfig.hostClusterConfig.clusterEndpoint  {"type":"Ingress","config":{"ingressConfig":{"host":"a"}}}  400
                    spec.clusterConfig.hostClusterConfig.clusterGroup  {"kind":"a","name":"b","uid":"c"}  400
                    spec.clusterConfig.hostClusterConfig.hostCluster  {"kind":"a","name":"b","uid":"c"}  400
                    spec.clusterConfig.hyperShiftConfig  {"clusterDeploymentType":"openshift","hostClusterUid":"x"}  400
                    spec.clusterConfig.lifecycleConfig.pause  true  400
                    spec.clusterConfig.location  {"countryCode":"DE","regionName":"Berlin","geoLoc":{"latitude":52.5}}  =
                    spec.clusterConfig.machineManagementConfig.osPatchConfig.onDemandPatchAfter  "2031-01-01T00:00:00.000Z"  400
                    spec.clusterConfig.machineManagementConfig.osPatchConfig.patchOnBoot  true  400
                    spec.clusterConfig.machineManagementConfig.osPatchConfig.rebootIfRequired  true  400
                    spec.clusterConfig.machineManagementConfig.osPatchConfig.schedule  "0 1 * * *"  400
                    spec.clusterConfig.resources.namespaces  [{"metadata":{"name":"a"},"spec":{"isRegex":true}}]  400
                    spec.clusterConfig.resources.rbacs  [{"spec":{"bindings":[{"type":"RoleBinding"}]}}]  400
                    spec.clusterConfig.timezone  "Europe/Berlin"  =
                    spec.clusterConfig.updateWorkerPoolsInParallel  true  =
                    spec.clusterConfig.nodeDrainTimeout  60  =
                    spec.policies.backupPolicy  {"backupName":"a","schedule":{"scheduledRunTime":"0 1 * * *"}}  400
                    spec.policies.scanPolicy  {"kubeBench":{"schedule":{"scheduledRunTime":"0 1 * * *"}}}  400
                    spec.profiles[0].replaceWithProfile  "other"  400
                    spec.machinepoolconfig[0].poolConfig.useControlPlaneAsWorker  true  =
                    spec.machinepoolconfig[1].poolConfig.name  "other"  =
                    """
                ),
            ],
            ["v1CloudConfigsMaasMachinePoolCreate"] = [.. Read(Pool), .. Read("""poolConfig.name  "other"  =""")],
            ["v1CloudConfigsMaasMachinePoolUpdate"] = [.. Read(Pool), .. Read("""poolConfig.name  "other"  400""")],
            ["v1CloudConfigsMaasUidClusterConfig"] =
            [
                .. Read("clusterConfig.", Config),
                .. Read(
                    """
                    clusterConfig.domain  "other"  400
                    clusterConfig.endpoint  "vip"  400
                    clusterConfig.unknown  "x"  400
                    """
                ),
            ],
            ["v1SpectroClustersUidMetadataUpdate"] =
            [
                .. Read(Metadata),
                .. Read(
                    """
                    metadata.name  "other"  400
                    metadata.labels  {"a":"b"}  =
                    metadata.annotations  {"description":"x"}  =
                    """
                ),
            ],
            ["v1SpectroClustersUidClusterMetaAttributeUpdate"] = Read("""clusterMetaAttribute  "x"  ="""),
            ["v1SpectroClustersUidTimezoneUpdate"] = Read("""timezone  "Europe/Berlin"  ="""),
            ["v1SpectroClustersUidLocationPut"] = Read("""location  {"countryCode":"DE","geoLoc":{"latitude":52.5}}  ="""),
            ["v1SpectroClustersUidConfigNamespacesUpdate"] = Read("""namespaces  [{"metadata":{"name":"a"}}]  400"""),
            ["v1SpectroClustersUidConfigRbacsUpdate"] = Read("""rbacs  [{"spec":{"bindings":[]}}]  400"""),
            ["v1SpectroClustersUidOsPatchUpdate"] = Read(
                """
                osPatchConfig.onDemandPatchAfter  "2031-01-01T00:00:00.000Z"  400
                osPatchConfig.patchOnBoot  true  400
                osPatchConfig.rebootIfRequired  true  400
                osPatchConfig.schedule  "0 1 * * *"  400
                """
            ),
            ["V1HostClusterConfigUpdate"] = Read("hostClusterConfig.isHostCluster  true  400"),
            ["v1SpectroClustersUidLifecycleConfigUpdate"] = Read("lifecycleConfig.pause  true  400"),
            ["V1ControlPlaneHealthCheckTimeoutUpdate"] = Read("""controlPlaneHealthCheckTimeout  "10m"  400"""),
            ["v1ClusterFeatureBackupUpdate"] = Read("""schedule  {"scheduledRunTime":"0 1 * * *"}  400"""),
            ["v1ClusterFeatureComplianceScanUpdate"] = Read("""kubeBench  {"schedule":{"scheduledRunTime":"0 1 * * *"}}  400"""),
            ["v1SpectroClustersUidUpgradeSettings"] = Read("""spectroComponents  "lock"  400"""),
            ["v1SpectroClustersPatchProfiles"] =
            [
                .. Read("profiles[0].", Profile),
                .. Read(
                    """
                    profiles[0].replaceWithProfile  "other"  400
                    spcApplySettings.actionType  "DownloadAndInstallLater"  400
                    """
                ),
            ],
            ["v1SpectroClustersUpdateProfiles"] =
            [
                .. Read("profiles[0].", Profile),
                .. Read(
                    """
                    profiles[0].replaceWithProfile  "other"  the request names all profiles anyway
                    spcApplySettings.actionType  "DownloadAndInstallLater"  400
                    """
                ),
            ],
            ["v1ClusterProfilesCreate"] = [.. Read(Metadata), .. Read("""metadata.name  "other"  ="""), .. Read(ProfileTemplate)],
            ["v1ClusterProfilesUpdate"] = [.. Read(Metadata), .. Read("""metadata.name  "other"  ="""), .. Read(ProfileTemplate)],
            ["v1ClusterProfilesUidMetadataUpdate"] =
            [
                .. Read(Metadata),
                .. Read(
                    """
                    metadata.name  "other"  =
                    metadata.labels  {"a":"b"}  =
                    metadata.annotations  {"description":"x"}  =
                    spec.version  "2.0.0"  =
                    """
                ),
            ],
            ["V1ClusterProfilesUidVariablesPut"] = Read("""variables  [{"name":"a","defaultValue":"b"}]  400"""),
            ["V1ClusterProfilesUidVariablesPatch"] = Read("""variables  [{"name":"a","defaultValue":"b"}]  400"""),
            ["v1CloudAccountsMaasCreate"] = Account(),
            ["v1CloudAccountsMaasUpdate"] = Account(),
            ["v1ProjectsCreate"] = Project(),
            ["v1ProjectsUidUpdate"] = Project(),
            ["v1ApiKeysCreate"] = [.. ApiKey(), .. Read("""spec.userUid  "other"  400""")],
            ["v1ApiKeysUidUpdate"] = ApiKey(),
            ["v1ApiKeysUidActiveState"] = Read("isActive  false  ="),
            ["v1ApiKeysUidState"] = Read("isActive  false  ="),
            ["v1OverlordsUidMetadataUpdate"] =
            [
                .. Read(Metadata),
                .. Read(
                    """
                    metadata.name  "other"  =
                    metadata.labels  {"a":"b"}  400
                    metadata.annotations  {"description":"x"}  400
                    """
                ),
            ],
            ["v1PacksSearch"] = Read(
                """
                filter.name.eq  "kubernetes"  =
                filter.name.contains  "kube"  =
                filter.name.beginsWith  "kube"  =
                filter.name.ne  "kubernetes"  =
                filter.name  {"eq":"KUBERNETES","ignoreCase":false}  =
                filter.displayName  {"eq":"KUBERNETES","contains":"a","beginsWith":"b","ne":"c","ignoreCase":false}  =
                filter.layer  ["k8s"]  =
                filter.type  ["helm"]  =
                filter.environment  ["aws"]  =
                filter.registryUid  ["other"]  =
                filter.isFips  true  =
                filter.addOnType  ["logging"]  only add-on packs have one, and the catalogue has no add-on packs
                filter.addOnSubType  ["logging"]  only add-on packs have one, and the catalogue has no add-on packs
                filter.source  ["community"]  every pack of the catalogue is the console's own
                filter.state  ["active"]  every pack of the catalogue is active
                sort  [{"field":"name","order":"desc"}]  400
                """
            ),
        };

    private static IReadOnlyList<RequestField> Account() =>
        [
            .. Read(Metadata),
            .. Read(
                """
                apiVersion  "v9"  part of what clients read and send back
                kind  "other"  part of what clients read and send back
                status.state  "other"  part of what clients read and send back
                metadata.name  "other"  =
                metadata.labels  {"a":"b"}  =
                metadata.annotations  {"description":"x"}  =
                metadata.annotations.overlordUid  "other"  400
                spec.apiEndpoint  "http://other:5240/MAAS"  =
                spec.apiKey  "bad"  400
                spec.preferredSubnets  ["10.9.0.0/24"]  =
                spec.caCert  "bad"  400
                spec.unknown  "x"  400
                """
            ),
        ];

    private static IReadOnlyList<RequestField> Project() =>
        [
            .. Read(Metadata),
            .. Read(
                """
                metadata.name  "other"  =
                metadata.labels  {"a":"b"}  =
                metadata.annotations  {"description":"x"}  =
                spec.logoUid  "x"  400
                spec.teams  [{"teamId":"a","roles":["b"]}]  400
                spec.users  [{"userId":"a","roles":["b"]}]  400
                """
            ),
        ];

    private static IReadOnlyList<RequestField> ApiKey() =>
        [
            .. Read(Metadata),
            .. Read(
                """
                metadata.name  "other"  =
                metadata.labels  {"a":"b"}  400
                metadata.annotations  {"description":"x"}  =
                spec.expiry  "2031-01-01T00:00:00.000Z"  =
                spec.unknown  "x"  400
                """
            ),
        ];

    private static IReadOnlyList<RequestField> Read(string table) => Read("", table);

    private static IReadOnlyList<RequestField> Read(string prefix, string table) =>
        [
            .. table
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split("  ", 3))
                .Select(parts => new RequestField(
                    prefix + parts[0],
                    parts[1],
                    parts[2] switch
                    {
                        "=" => Fate.Honoured,
                        "400" => Fate.Refused,
                        _ => Fate.Ignored,
                    }
                )),
        ];
}
