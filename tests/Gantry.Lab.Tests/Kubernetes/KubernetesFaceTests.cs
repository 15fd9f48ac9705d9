using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Lab.Tests.Kubernetes;

/// <summary>The official C# client, and plain HTTPS, against the emulated API server.</summary>
public sealed class KubernetesFaceTests : IAsyncLifetime
{
    private LabApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await LabApi.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task The_client_lists_nodes_and_reads_their_facts()
    {
        using var client = Client();

        var nodes = await client.CoreV1.ListNodeAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["cp-1", "worker-1", "worker-2", "worker-3"], nodes.Items.Select(n => n.Name()));
        Assert.All(nodes.Items, n => Assert.Equal("True", n.Status.Conditions.Single(c => c.Type == "Ready").Status));
        Assert.Equal("v1.32.4", nodes.Items[0].Status.NodeInfo.KubeletVersion);
    }

    [Fact]
    public async Task The_client_creates_patches_and_deletes()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = Client();
        var map = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = "c" },
            Data = new Dictionary<string, string> { ["a"] = "1" },
        };

        await client.CoreV1.CreateNamespacedConfigMapAsync(map, "default", cancellationToken: cancel);
        var patch = new V1Patch("""{"data":{"b":"2"}}""", V1Patch.PatchType.MergePatch);
        var patched = await client.CoreV1.PatchNamespacedConfigMapAsync(patch, "c", "default", cancellationToken: cancel);
        await client.CoreV1.DeleteNamespacedConfigMapAsync("c", "default", cancellationToken: cancel);

        Assert.Equal("1 2", $"{patched.Data["a"]} {patched.Data["b"]}");
        var gone = await Assert.ThrowsAsync<HttpOperationException>(() =>
            client.CoreV1.ReadNamespacedConfigMapAsync("c", "default", cancellationToken: cancel)
        );
        Assert.Equal(HttpStatusCode.NotFound, gone.Response.StatusCode);
        Assert.Contains("configmaps \\\"c\\\" not found", gone.Response.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_eviction_that_violates_a_disruption_budget_is_answered_with_429()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = Client();
        _api.Cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 1));
        await Gantry.Testing.Eventually.HoldsAsync(() =>
        {
            Assert.Equal(1, (int?)_api.Cluster.Get(KubeResources.Deployments, "default", "web")["status"]!["readyReplicas"]);
            return Task.CompletedTask;
        });
        await client.PolicyV1.CreateNamespacedPodDisruptionBudgetAsync(
            new V1PodDisruptionBudget
            {
                Metadata = new V1ObjectMeta { Name = "web" },
                Spec = new V1PodDisruptionBudgetSpec
                {
                    MinAvailable = 1,
                    Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
                },
            },
            "default",
            cancellationToken: cancel
        );
        var pod = (await client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: cancel)).Items.Single().Name();

        var refused = await Assert.ThrowsAsync<HttpOperationException>(() =>
            client.CoreV1.CreateNamespacedPodEvictionAsync(
                new V1Eviction { Metadata = new V1ObjectMeta { Name = pod } },
                pod,
                "default",
                cancellationToken: cancel
            )
        );

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Response.StatusCode);
    }

    [Fact]
    public async Task A_watch_reports_changes_as_they_happen()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        using var client = Client();
        var seen = new List<string>();
        await foreach (
            var (type, node) in client.CoreV1.WatchListNodeAsync(
                fieldSelector: "metadata.name=worker-1",
                cancellationToken: deadline.Token
            )
        )
        {
            seen.Add($"{type} {node.Status.Conditions.Single(c => c.Type == "Ready").Status}");
            if (seen.Count == 1)
            {
                _api.Cluster.SetNodeReports("worker-1", reports: false);
            }
            else
            {
                break;
            }
        }

        Assert.Equal(["Added True", "Modified Unknown"], seen);
    }

    [Fact]
    public async Task An_API_server_without_anonymous_authentication_answers_nobody_without_a_name()
    {
        var cancel = TestContext.Current.CancellationToken;
        _api.Cluster.PutControlPlanePods(
            "cp-1",
            "v1.32.4",
            new JsonObject { ["apiServer"] = new JsonObject { ["extraArgs"] = new JsonObject { ["anonymous-auth"] = "false" } } }
        );
        using var http = Anonymous();

        using var refused = await http.GetAsync($"https://{_api.Face.EndPoint}/readyz", cancel);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task An_anonymous_caller_may_read_health_and_version_and_nothing_else()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var http = Anonymous();

        Assert.Equal("ok", await http.GetStringAsync($"https://{_api.Face.EndPoint}/readyz", cancel));
        Assert.Contains(
            "v1.32.4",
            await http.GetStringAsync($"https://{_api.Face.EndPoint}/version", cancel),
            StringComparison.Ordinal
        );
        using var refused = await http.GetAsync($"https://{_api.Face.EndPoint}/api/v1/nodes", cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains(
            "nodes is forbidden: User \\\"system:anonymous\\\" cannot list resource \\\"nodes\\\"",
            await refused.Content.ReadAsStringAsync(cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_second_face_serves_the_same_cluster_and_a_stopped_one_frees_its_address()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var http = Anonymous();
        var second = await _api.StartFaceAsync(new IPEndPoint(IPAddress.Parse("127.3.1.9"), 0), cancel);
        Assert.Equal("ok", await http.GetStringAsync($"https://{second.EndPoint}/livez", cancel));

        await second.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync($"https://{second.EndPoint}/livez", cancel));

        await using var again = await _api.StartFaceAsync(second.EndPoint, cancel);
        Assert.Equal("ok", await http.GetStringAsync($"https://{second.EndPoint}/livez", cancel));
    }

    [Fact]
    public async Task An_anonymous_caller_may_read_the_cluster_info_that_joining_machines_need()
    {
        var cancel = TestContext.Current.CancellationToken;
        _api.Cluster.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "cluster-info", ["namespace"] = "kube-public" },
                ["data"] = new JsonObject { ["kubeconfig"] = "apiVersion: v1" },
            }
        );
        using var http = Anonymous();

        var read = await http.GetStringAsync(
            $"https://{_api.Face.EndPoint}/api/v1/namespaces/kube-public/configmaps/cluster-info",
            cancel
        );
        using var other = await http.GetAsync(
            $"https://{_api.Face.EndPoint}/api/v1/namespaces/kube-public/configmaps/kube-root-ca.crt",
            cancel
        );

        Assert.Contains("\"kubeconfig\":\"apiVersion: v1\"", read, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_with_401()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var other = await LabApi.StartAsync(cancel);
        using var certificate = other.ClientCertificate("O=system:masters, CN=root");
        using var usable = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        using var http = Anonymous(usable);

        using var answer = await http.GetAsync($"https://{_api.Face.EndPoint}/api/v1/nodes", cancel);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("\"reason\":\"Unauthorized\"", await answer.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approved_certificate_request_is_signed_and_the_certificate_authenticates()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            "O=kubeadm:cluster-admins, CN=jane",
            key,
            HashAlgorithmName.SHA256
        ).CreateSigningRequestPem();
        using var client = Client();
        var asked = await client.CertificatesV1.CreateCertificateSigningRequestAsync(
            new V1CertificateSigningRequest
            {
                Metadata = new V1ObjectMeta { Name = "jane" },
                Spec = new V1CertificateSigningRequestSpec
                {
                    Request = Encoding.ASCII.GetBytes(request),
                    SignerName = "kubernetes.io/kube-apiserver-client",
                    Usages = ["client auth"],
                    ExpirationSeconds = 3600,
                },
            },
            cancellationToken: cancel
        );
        asked.Status = new V1CertificateSigningRequestStatus
        {
            Conditions =
            [
                new V1CertificateSigningRequestCondition
                {
                    Type = "Approved",
                    Status = "True",
                    Reason = "Test",
                    Message = "",
                },
            ],
        };

        await client.CertificatesV1.ReplaceCertificateSigningRequestApprovalAsync(asked, "jane", cancellationToken: cancel);
        var signed = await client.CertificatesV1.ReadCertificateSigningRequestAsync("jane", cancellationToken: cancel);

        using var bare = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(signed.Status.Certificate));
        using var certificate = bare.CopyWithPrivateKey(key);
        using var usable = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        using var http = Anonymous(usable);
        using var answer = await http.GetAsync($"https://{_api.Face.EndPoint}/api/v1/nodes", cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private k8s.Kubernetes Client() => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(_api.Kubeconfig));

    private static HttpClient Anonymous(X509Certificate2? certificate = null) =>
        new(
            new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                    ClientCertificates = certificate is null ? null : [certificate],
                },
            }
        );
}
