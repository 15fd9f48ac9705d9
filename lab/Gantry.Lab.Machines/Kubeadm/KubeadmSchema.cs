using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// The fields of kubeadm's configuration kinds by API version, from the public types of
/// <c>k8s.io/kubernetes/cmd/kubeadm/app/apis</c>. An unknown field and a value of the wrong type are errors, as in kubeadm's
/// strict decoder.
/// </summary>
internal static class KubeadmSchema
{
    // name=shape: s text, b boolean, i number, m map of text, f map of flags, a list of name and value, x anything, {T} an
    // object, [T] a list.
    private const string Common = """
        BootstrapToken token=s description=s ttl=s expires=s usages=[s] groups=[s]
        ApiEndpoint advertiseAddress=s bindPort=i
        Patches directory=s
        HostPathMount name=s hostPath=s mountPath=s readOnly=b pathType=s
        Networking serviceSubnet=s podSubnet=s dnsDomain=s
        ExternalEtcd endpoints=[s] caFile=s certFile=s keyFile=s
        BootstrapTokenDiscovery token=s apiServerEndpoint=s caCertHashes=[s] unsafeSkipCAVerification=b
        FileDiscovery kubeConfigPath=s
        JoinControlPlane localAPIEndpoint={ApiEndpoint} certificateKey=s
        """;

    private const string Beta3 = """
        InitConfiguration bootstrapTokens=[BootstrapToken] nodeRegistration={NodeRegistration} localAPIEndpoint={ApiEndpoint}
          certificateKey=s skipPhases=[s] patches={Patches}
        ClusterConfiguration etcd={Etcd} networking={Networking} kubernetesVersion=s controlPlaneEndpoint=s
          apiServer={ApiServer} controllerManager={Component} scheduler={Component} dns={Image} certificatesDir=s
          imageRepository=s featureGates=f clusterName=s
        JoinConfiguration nodeRegistration={NodeRegistration} caCertPath=s discovery={Discovery}
          controlPlane={JoinControlPlane} skipPhases=[s] patches={Patches}
        NodeRegistration name=s criSocket=s taints=[x] kubeletExtraArgs=m ignorePreflightErrors=[s] imagePullPolicy=s
        Etcd local={LocalEtcd} external={ExternalEtcd}
        LocalEtcd imageRepository=s imageTag=s dataDir=s extraArgs=m serverCertSANs=[s] peerCertSANs=[s]
        ApiServer extraArgs=m extraVolumes=[HostPathMount] certSANs=[s] timeoutForControlPlane=s
        Component extraArgs=m extraVolumes=[HostPathMount]
        Image imageRepository=s imageTag=s
        Discovery bootstrapToken={BootstrapTokenDiscovery} file={FileDiscovery} tlsBootstrapToken=s timeout=s
        """;

    private const string Beta4 = """
        InitConfiguration bootstrapTokens=[BootstrapToken] dryRun=b nodeRegistration={NodeRegistration}
          localAPIEndpoint={ApiEndpoint} certificateKey=s skipPhases=[s] patches={Patches} timeouts={Timeouts}
        ClusterConfiguration etcd={Etcd} networking={Networking} kubernetesVersion=s controlPlaneEndpoint=s
          apiServer={ApiServer} controllerManager={Component} scheduler={Component} dns={Dns} proxy={Proxy} certificatesDir=s
          imageRepository=s featureGates=f clusterName=s encryptionAlgorithm=s certificateValidityPeriod=s
          caCertificateValidityPeriod=s
        JoinConfiguration dryRun=b nodeRegistration={NodeRegistration} caCertPath=s discovery={Discovery}
          controlPlane={JoinControlPlane} skipPhases=[s] patches={Patches} timeouts={Timeouts}
        NodeRegistration name=s criSocket=s taints=[x] kubeletExtraArgs=a ignorePreflightErrors=[s] imagePullPolicy=s
          imagePullSerial=b
        Etcd local={LocalEtcd} external={ExternalEtcd}
        LocalEtcd imageRepository=s imageTag=s dataDir=s extraArgs=a extraEnvs=[x] serverCertSANs=[s] peerCertSANs=[s]
        ApiServer extraArgs=a extraVolumes=[HostPathMount] extraEnvs=[x] certSANs=[s]
        Component extraArgs=a extraVolumes=[HostPathMount] extraEnvs=[x]
        Dns imageRepository=s imageTag=s disabled=b
        Proxy disabled=b
        Discovery bootstrapToken={BootstrapTokenDiscovery} file={FileDiscovery} tlsBootstrapToken=s
        Timeouts controlPlaneComponentHealthCheck=s kubeletHealthCheck=s kubernetesAPICall=s etcdAPICall=s tlsBootstrap=s
          discovery=s upgradeManifests=s
        """;

    private static readonly Dictionary<string, Dictionary<string, Dictionary<string, string>>> Versions = new(
        StringComparer.Ordinal
    )
    {
        ["v1beta3"] = Read(Common, Beta3),
        ["v1beta4"] = Read(Common, Beta4),
    };

    // From the minor version on, and up to the one that no longer knows it.
    private static readonly Dictionary<string, (int From, int Until)> FeatureGates = new(StringComparer.Ordinal)
    {
        ["EtcdLearnerMode"] = (27, 33),
        ["WaitForAllControlPlaneComponents"] = (30, 35),
        ["ControlPlaneKubeletLocalMode"] = (31, 36),
        ["NodeLocalCRISocket"] = (32, 37),
        ["PublicKeysECDSA"] = (19, 37),
        ["RootlessControlPlane"] = (22, int.MaxValue),
    };

    /// <summary>Whether kubeadm of this version reads documents of an API version; v1beta3 is gone since 1.37.</summary>
    public static bool Reads(KubeVersion kubeadm, string version) =>
        version switch
        {
            "v1beta3" => !kubeadm.IsAtLeast(37),
            "v1beta4" => kubeadm.IsAtLeast(31),
            _ => false,
        };

    public static bool HasFeatureGate(KubeVersion kubeadm, string gate) =>
        FeatureGates.TryGetValue(gate, out var known) && kubeadm.IsAtLeast(known.From) && !kubeadm.IsAtLeast(known.Until);

    public static bool Knows(string version, string kind) =>
        kind.EndsWith("Configuration", StringComparison.Ordinal)
        && Versions.TryGetValue(version, out var kinds)
        && kinds.ContainsKey(kind);

    /// <summary>The first problem of a document, or null.</summary>
    public static string? Check(string version, string kind, JsonObject document)
    {
        var fields = (JsonObject)document.DeepClone();
        fields.Remove("apiVersion");
        fields.Remove("kind");
        return CheckObject(Versions[version], version, kind, fields, "");
    }

    private static string? CheckObject(
        Dictionary<string, Dictionary<string, string>> kinds,
        string version,
        string kind,
        JsonObject o,
        string path
    )
    {
        foreach (var (name, value) in o)
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (!kinds[kind].TryGetValue(name, out var shape))
            {
                return $"strict decoding error: unknown field \"{at}\"";
            }

            if (value is not null && CheckValue(kinds, version, $"{kind}.{at}", at, shape, value) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? CheckValue(
        Dictionary<string, Dictionary<string, string>> kinds,
        string version,
        string field,
        string path,
        string shape,
        JsonNode value
    )
    {
        string Mismatch(string type) => $"json: cannot unmarshal {Kind(value)} into Go struct field {field} of type {type}";
        switch (shape)
        {
            case "x":
                return null;
            case "s":
                return value.GetValueKind() is JsonValueKind.String ? null : Mismatch("string");
            case "b":
                return value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? null : Mismatch("bool");
            case "i":
                return value.GetValueKind() is JsonValueKind.Number ? null : Mismatch("int32");
            case "m":
                return value is JsonObject map && map.All(pair => pair.Value?.GetValueKind() is JsonValueKind.String)
                    ? null
                    : Mismatch("map[string]string");
            case "f":
                return
                    value is JsonObject flags
                    && flags.All(pair => pair.Value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
                    ? null
                    : Mismatch("map[string]bool");
            case "a":
                if (value is not JsonArray arguments)
                {
                    return Mismatch($"[]{version}.Arg");
                }

                var wrong = arguments
                    .Select(
                        (argument, i) =>
                            argument is not JsonObject o ? $"{path}[{i}]"
                            : o.FirstOrDefault(pair => pair.Key is not ("name" or "value")) is { Key: { } unknown }
                                ? $"{path}[{i}].{unknown}"
                            : o["name"]?.GetValueKind() is not JsonValueKind.String
                            || o["value"]?.GetValueKind() is not (JsonValueKind.String or null)
                                ? $"{path}[{i}].value"
                            : null
                    )
                    .FirstOrDefault(found => found is not null);
                return wrong is null ? null : $"strict decoding error: \"{wrong}\" is not a name and a value, both text";
        }

        var inner = shape[1..^1];
        if (shape[0] == '{')
        {
            return value is JsonObject o ? CheckObject(kinds, version, inner, o, path) : Mismatch($"{version}.{inner}");
        }

        if (value is not JsonArray list)
        {
            return Mismatch($"[]{(inner == "s" ? "string" : $"{version}.{inner}")}");
        }

        return list.Select(
                (item, i) =>
                    item is null ? null
                    : kinds.ContainsKey(inner) ? CheckValue(kinds, version, field, $"{path}[{i}]", $"{{{inner}}}", item)
                    : CheckValue(kinds, version, field, $"{path}[{i}]", inner, item)
            )
            .FirstOrDefault(problem => problem is not null);
    }

    private static string Kind(JsonNode value) =>
        value.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        };

    private static Dictionary<string, Dictionary<string, string>> Read(params ReadOnlySpan<string> texts)
    {
        var kinds = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            // A kind starts at the margin; indented lines belong to the kind above.
            foreach (var line in text.Replace("\n  ", " ", StringComparison.Ordinal).Split('\n'))
            {
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                kinds[words[0]] = words
                    .Skip(1)
                    .ToDictionary(word => word.Split('=')[0], word => word.Split('=')[1], StringComparer.Ordinal);
            }
        }

        return kinds;
    }
}
