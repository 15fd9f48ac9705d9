using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Tests.Kubernetes;

/// <summary>What a user tries with kubectl, and the words with which an API server refuses it.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private const string App = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: web:1}]}
        """;

    private const string Work = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: work}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: work, image: work:1}]}}}
        """;

    private const string Front = """
        apiVersion: v1
        kind: Service
        metadata: {name: front}
        spec: {clusterIP: 10.96.0.77, ports: [{port: 80}]}
        """;

    private LabApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await LabApi.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    public static TheoryData<string, string> NewObjects =>
        new()
        {
            { Map("Web"), "a lowercase RFC 1123 subdomain must consist of" },
            { Map("web-"), "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')" },
            { Map(new string('a', 254)), "metadata.name: Invalid value:" },
            { Front.Replace("name: front", "name: 1front", StringComparison.Ordinal), "a DNS-1035 label must consist of" },
            { "{apiVersion: v1, kind: Namespace, metadata: {name: a.b}}", "a lowercase RFC 1123 label must consist of" },
            {
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a/b}}",
                "metadata.name: Invalid value: \"a/b\": may not contain '/'"
            },
            { Map("web", "labels: {'a b': c}"), "metadata.labels: Invalid value: \"a b\": name part must consist of" },
            { Map("web", "finalizers: [a b]"), "metadata.finalizers: Invalid value: \"a b\": name part must consist of" },
            {
                Map("web", "finalizers: [orphan, foregroundDeletion]"),
                "finalizer orphan and foregroundDeletion cannot be both set"
            },
            {
                Map("web", "ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: ''}]"),
                "metadata.ownerReferences[0].uid: Invalid value: \"\": must not be empty"
            },
            {
                Map(
                    "web",
                    "ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: '1', controller: true}, "
                        + "{apiVersion: v1, kind: Pod, name: b, uid: '2', controller: true}]"
                ),
                "Only one reference can have Controller set to true. Found \"true\" in references for a and b"
            },
            { "{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: lost}}", "namespaces \"lost\" not found" },
            {
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: web, colour: red}}",
                "strict decoding error: unknown field \"metadata.colour\""
            },
            {
                App.Replace("labels: {app: web}", "labels: {app: other}", StringComparison.Ordinal),
                "does not match template `labels`"
            },
            {
                App.Replace("containers: [", "restartPolicy: Never, containers: [", StringComparison.Ordinal),
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
            },
            {
                App.Replace("image: web:1}", "image: web:1}, {name: web, image: web:1}", StringComparison.Ordinal),
                "spec.template.spec.containers[1].name: Duplicate value: \"web\""
            },
            {
                App.Replace(
                    "image: web:1",
                    "image: web:1, volumeMounts: [{name: data, mountPath: /a}]",
                    StringComparison.Ordinal
                ),
                "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\""
            },
            {
                App.Replace("{name: web, image", "{name: Web, image", StringComparison.Ordinal),
                "spec.template.spec.containers[0].name: Invalid value: \"Web\": a lowercase RFC 1123 label must consist of"
            },
            {
                Work.Replace("restartPolicy: Never, ", "restartPolicy: Always, ", StringComparison.Ordinal),
                "spec.template.spec.restartPolicy: Unsupported value: \"Always\": supported values: \"OnFailure\", \"Never\""
            },
            { "{apiVersion: v1, kind: Service, metadata: {name: front}}", "spec.ports: Required value" },
            { Front.Replace("port: 80", "port: 80000", StringComparison.Ordinal), "spec.ports[0].port: Invalid value: 80000" },
        };

    [Theory]
    [MemberData(nameof(NewObjects))]
    public async Task An_object_that_no_API_server_takes_is_refused_with_its_words(string manifest, string words)
    {
        var refused = await _api.TryKubectlAsync("create -f -", Yaml(manifest));

        Assert.NotEqual(0, refused.Code);
        Assert.Contains(words, refused.Errors, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Changes =>
        new()
        {
            {
                App,
                """{"spec": {"selector": {"matchLabels": {"app": "other"}}, "template": {"metadata": {"labels": {"app": "other"}}}}}""",
                "field is immutable"
            },
            { Work, """{"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}""", "spec.template: Invalid value:" },
            {
                Front,
                """{"spec": {"clusterIP": "10.96.0.78"}}""",
                "spec.clusterIPs[0]: Invalid value: [\"10.96.0.78\"]: may not change once set"
            },
            {
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, immutable: true, data: {a: b}}",
                """{"data": {"a": "c"}}""",
                "data: Forbidden: field is immutable when `immutable` is set"
            },
            {
                "{apiVersion: v1, kind: Secret, metadata: {name: web}, type: Opaque}",
                """{"type": "other"}""",
                "type: Invalid value: \"other\": field is immutable"
            },
            {
                "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: web:1}]}}",
                """{"spec": {"hostNetwork": true}}""",
                "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"
            },
            {
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: all}, roleRef: "
                    + "{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}",
                """{"roleRef": {"name": "edit"}}""",
                "cannot change roleRef"
            },
        };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_field_that_does_not_change_once_it_is_set_is_refused(string manifest, string patch, string words)
    {
        await _api.KubectlAsync("create -f -", Yaml(manifest));

        var refused = await _api.TryKubectlAsync(
            $"patch -f - --type=merge -p \"{patch.Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
            Yaml(manifest)
        );

        Assert.NotEqual(0, refused.Code);
        Assert.Contains(words, refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_user_only_asks_about_is_checked_alike_and_not_stored()
    {
        var refused = await _api.TryKubectlAsync("create --dry-run=server -f -", Yaml(Map("Web")));
        await _api.KubectlAsync("create --dry-run=server -f -", Yaml(Map("web")));

        Assert.Contains("a lowercase RFC 1123 subdomain", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("not found", (await _api.TryKubectlAsync("get configmap web")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_version_of_an_object_replaces_nothing()
    {
        await _api.KubectlAsync("create -f -", Yaml(Map("web")));

        var refused = await _api.TryKubectlAsync("replace -f -", Yaml(Map("web", "resourceVersion: '1'")));

        Assert.Contains(
            "Operation cannot be fulfilled on configmaps \"web\": the object has been modified",
            refused.Errors,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("v2", "ConfigMap", "the API version in the data (v2) does not match the expected API version (v1)")]
    [InlineData("v1", "Secret", "Secret in version \\\"v1\\\" cannot be handled as a ConfigMap")]
    public async Task A_body_of_another_kind_than_its_path_is_refused(string version, string kind, string words)
    {
        var body = $$$"""{"apiVersion":"{{{version}}}","kind":"{{{kind}}}","metadata":{"name":"web"}}""";

        var refused = await _api.TryKubectlAsync("create --raw /api/v1/namespaces/default/configmaps -f -", body);

        Assert.NotEqual(0, refused.Code);
        Assert.Contains(words.Replace("\\", "", StringComparison.Ordinal), refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cause_of_a_refusal_has_the_name_that_clients_read()
    {
        var refused = Assert.Throws<KubeException>(() =>
            _api.Cluster.Create(
                KubeResources.Services,
                new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = "front", ["namespace"] = "default" },
                }
            )
        );

        var cause = refused.ToStatus()["details"]!["causes"]![0]!;
        Assert.Equal(("FieldValueRequired", "spec.ports"), (cause["reason"]!.ToString(), cause["field"]!.ToString()));
    }

    [Fact]
    public void A_node_keeps_its_provider_and_an_object_that_is_being_deleted_gets_no_finalizer()
    {
        var asUser = new WriteOptions("user") { ByUser = true };
        _api.Cluster.Change(KubeResources.Nodes, null, "worker-1", node => node["spec"]!["providerID"] = "maas:///a/1", asUser);

        Assert.Contains(
            "node updates may not change providerID except from \"\" to valid",
            Assert
                .Throws<KubeException>(() =>
                    _api.Cluster.Change(
                        KubeResources.Nodes,
                        null,
                        "worker-1",
                        node => node["spec"]!["providerID"] = "maas:///a/2",
                        asUser
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
        var metadata = new JsonObject
        {
            ["name"] = "web",
            ["namespace"] = "default",
            ["finalizers"] = new JsonArray("example.com/keep"),
        };
        _api.Cluster.Create(KubeResources.ConfigMaps, new JsonObject { ["metadata"] = metadata });
        _api.Cluster.Delete(KubeResources.ConfigMaps, "default", "web");

        Assert.Contains(
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted",
            Assert
                .Throws<KubeException>(() =>
                    _api.Cluster.Change(
                        KubeResources.ConfigMaps,
                        "default",
                        "web",
                        map => ((JsonArray)map["metadata"]!["finalizers"]!).Add((JsonNode)"example.com/more"),
                        asUser
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_generated_name_is_no_longer_than_a_label()
    {
        var made = _api.Cluster.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["generateName"] = new string('a', 80), ["namespace"] = "default" },
            }
        );

        Assert.Equal(63, made["metadata"]!["name"]!.ToString().Length);
    }

    // kubectl takes what begins with a brace for JSON.
    private static string Yaml(string manifest) => $"---\n{manifest}";

    private static string Map(string name, string metadata = "") =>
        $"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}{(metadata.Length is 0 ? "" : $", {metadata}")}}}}}";
}
