using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Testing;

namespace Gantry.Kubeadm.Tests;

public sealed class KubeadmDistributionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly KubeadmDistribution Documents = new();
    private static readonly string Pki = Documents.CreatePki(Some.Cluster(), Now);

    [Theory]
    [InlineData("1.28.9", Bootstrap.InitControlPlane)]
    [InlineData("1.30.1", Bootstrap.JoinWorker)]
    [InlineData("1.33.4", Bootstrap.InitControlPlane)]
    [InlineData("1.33.4", Bootstrap.JoinControlPlane)]
    [InlineData("1.33.4", Bootstrap.JoinWorker)]
    [InlineData("1.36.0", Bootstrap.InitControlPlane)]
    public void A_machine_gets_the_files_and_the_script_of_its_version_and_role(string version, Bootstrap bootstrap) =>
        Golden.Match(
            Readable(Render(Some.Cluster(3, 2) with { KubernetesVersion = KubernetesVersion.Parse(version) }, bootstrap)),
            $"{version}-{bootstrap}.txt"
        );

    [Fact]
    public void A_machine_of_a_stock_image_gets_the_sources_and_the_script_of_its_packages() =>
        Golden.Match(
            Readable(
                Render(
                    Some.Cluster() with
                    {
                        StockImage = Some.Cluster().Image,
                        Nodes = new NodeEnvironment
                        {
                            Proxy = new ProxySettings("http://proxy:3128", "http://proxy:3128", []),
                            Packages = new PackageSources { AptMirror = "http://mirror.example/ubuntu", CaPem = "PEM\n" },
                        },
                    },
                    Bootstrap.JoinWorker
                )
            ),
            "packages.txt"
        );

    [Fact]
    public void Proxy_mirrors_time_servers_keys_files_and_commands_reach_the_machine()
    {
        var cluster = Some.Cluster() with
        {
            Nodes = new NodeEnvironment
            {
                Proxy = new ProxySettings("http://proxy:3128", null, [".example"]),
                RegistryMirrors = [new RegistryMirror("docker.io", ["https://mirror.example"], "PEM\n")],
                NtpServers = ["ntp.example"],
                SshKeys = ["ssh-ed25519 AAAA someone"],
                PreKubeadmCommands = ["echo '{{ not a template }}'"],
                PostKubeadmCommands = ["echo after"],
                Files =
                [
                    new NodeFile("/etc/plain", "{{ stays }}\r\n\r\n"),
                    new NodeFile("/etc/expanded", "{{ v1.local_hostname }}", TemplateOnNode: true),
                ],
                ExtraArgs =
                [
                    new("apiServer", [new ExtraArg("audit-log-path", "-"), new ExtraArg("audit-log-path", "/var/log/audit")]),
                    new("kubelet", [new ExtraArg("max-pods", "200")]),
                ],
                ExtraVolumes =
                [
                    new("apiServer", [new ComponentVolume("audit", "/var/log/audit", "/var/log/audit", false, "Directory")]),
                ],
                EtcdImageTag = "3.6.14-0",
            },
        };

        var document = Render(cluster, Bootstrap.InitControlPlane);

        Assert.StartsWith("## template: jinja\n#cloud-config\n", document, StringComparison.Ordinal);
        Golden.Match(Readable(document), "environment.txt");
    }

    [Fact]
    public void A_document_without_templates_has_no_jinja_header() =>
        Assert.StartsWith("#cloud-config\n", Render(Some.Cluster(), Bootstrap.InitControlPlane), StringComparison.Ordinal);

    [Fact]
    public void A_worker_gets_no_private_key_of_the_cluster()
    {
        var document = Readable(Render(Some.Cluster(1, 1), Bootstrap.JoinWorker));

        Assert.DoesNotContain("PRIVATE KEY", document, StringComparison.Ordinal);
        Assert.DoesNotContain("path: \"/etc/kubernetes/pki", document, StringComparison.Ordinal);
        Assert.DoesNotContain("kube-vip", document, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_planes_that_also_run_workloads_have_an_empty_list_of_taints()
    {
        var cluster = Some.Cluster();
        cluster = cluster with { Pools = [cluster.ControlPlane with { AlsoWorker = true }] };

        Assert.Contains("\"taints\":[]", Readable(Render(cluster, Bootstrap.InitControlPlane)), StringComparison.Ordinal);
        Assert.DoesNotContain("taints", Readable(Render(Some.Cluster(), Bootstrap.InitControlPlane)), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_kubernetes_own_domains_are_left_to_the_engine()
    {
        var cluster = Some.Cluster();
        ValueMap<LabelKey, LabelValue> labels =
        [
            Label("team", "a"),
            Label("node-role.kubernetes.io/gpu", ""),
            Label("x.k8s.io/y", "z"),
            Label("example.com/rack", "7"),
        ];
        cluster = cluster with { Pools = [cluster.ControlPlane with { Labels = labels }] };

        Assert.Contains(
            "\"example.com/rack=7,team=a\"",
            Readable(Render(cluster, Bootstrap.InitControlPlane)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_kubeconfig_authenticates_its_user_for_the_requested_time_and_trusts_only_the_cluster()
    {
        var issued = Documents.Issue(
            Some.Cluster(),
            new ApiEndpoint("10.0.0.254", 6443),
            Pki,
            "ada@example.com",
            Now,
            TimeSpan.FromHours(8)
        );

        Assert.Equal(Now.AddHours(8), issued.ExpiresAt);
        Assert.Contains("server: https://10.0.0.254:6443", issued.Kubeconfig, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", issued.ToString(), StringComparison.Ordinal);
        using var certificate = X509Certificate2.CreateFromPem(Data(issued.Kubeconfig, "client-certificate-data"));
        using var authority = X509Certificate2.CreateFromPem(Data(issued.Kubeconfig, "certificate-authority-data"));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Now.AddHours(1).LocalDateTime;
        Assert.True(chain.Build(certificate));
        Assert.Contains("CN=ada@example.com", certificate.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void The_engine_authenticates_to_etcd_with_a_short_lived_certificate_of_etcds_authority()
    {
        var access = Documents.Access(new ClusterId("id"), new ApiEndpoint("10.0.0.254", 6443), [], Pki, Now);

        using var certificate = X509Certificate2.CreateFromPem(access.Etcd!.CertificatePem, access.Etcd.KeyPem);
        using var authority = X509Certificate2.CreateFromPem(access.Etcd.CaPem);
        Assert.Equal("CN=gantry", certificate.Subject);
        Assert.Equal("CN=etcd-ca", authority.Subject);
        Assert.Equal(authority.Subject, certificate.Issuer);
        Assert.True(certificate.NotAfter.ToUniversalTime() <= Now.AddDays(1).UtcDateTime);
        Assert.DoesNotContain("PRIVATE", access.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    public void A_cluster_that_was_made_while_the_clock_was_ahead_can_be_reached_once_it_is_right(int hours)
    {
        var pki = Documents.CreatePki(Some.Cluster(), Now.AddHours(hours));

        var access = Documents.Access(new ClusterId("id"), new ApiEndpoint("10.0.0.254", 6443), [], pki, Now);

        foreach (var credentials in new[] { access.Api, access.Etcd! })
        {
            using var certificate = X509Certificate2.CreateFromPem(credentials.CertificatePem);
            using var authority = X509Certificate2.CreateFromPem(credentials.CaPem);
            using var chain = new X509Chain
            {
                ChainPolicy =
                {
                    RevocationMode = X509RevocationMode.NoCheck,
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    VerificationTime = Now.UtcDateTime,
                },
            };
            Assert.True(
                chain.Build(certificate),
                string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation))
            );
        }
    }

    [Fact]
    public void A_version_with_an_unsupported_kubeadm_API_is_refused()
    {
        var refusal = Assert.Throws<FormatException>(() =>
            Render(Some.Cluster() with { KubernetesVersion = KubernetesVersion.Parse("1.20.0") }, Bootstrap.JoinWorker)
        );

        Assert.Contains("write 1.22.0 or a later version", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bootstrap_token_has_kubeadms_form_and_is_specific_to_its_key_and_machine()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var token = BootstrapToken.For(key, "one");

        Assert.Matches("^[a-z0-9]{6}\\.[a-z0-9]{16}$", token);
        Assert.Equal(token, BootstrapToken.For(key, "one"));
        Assert.NotEqual(token, BootstrapToken.For(key, "two"));
        Assert.NotEqual(token, BootstrapToken.For(RandomNumberGenerator.GetBytes(32), "one"));
    }

    [Theory]
    [InlineData("1.33.4", Bootstrap.InitControlPlane)]
    [InlineData("1.33.4", Bootstrap.JoinControlPlane)]
    [InlineData("1.33.4", Bootstrap.JoinWorker)]
    [InlineData("1.30.1", Bootstrap.JoinControlPlane)]
    public void A_machine_with_several_networks_looks_for_its_address_in_one_of_them(string version, Bootstrap bootstrap) =>
        Golden.Match(
            Readable(
                Render(
                    Some.Cluster(3, 2) with
                    {
                        KubernetesVersion = KubernetesVersion.Parse(version),
                    },
                    bootstrap,
                    new NodeNetwork(
                        Cidr.Parse("10.40.0.0/24"),
                        bootstrap is Bootstrap.JoinWorker ? null : Cidr.Parse("10.0.0.0/24")
                    )
                )
            ),
            $"networks-{version}-{bootstrap}.txt"
        );

    [Fact]
    public void An_address_of_the_kubelet_that_a_profile_gives_stands()
    {
        var cluster = Some.Cluster() with
        {
            Nodes = new NodeEnvironment { ExtraArgs = [new("kubelet", [new ExtraArg("node-ip", "::")])] },
        };

        var document = Readable(Render(cluster, Bootstrap.InitControlPlane, new NodeNetwork(Cidr.Parse("10.40.0.0/24"))));

        Assert.Contains("{\"name\":\"node-ip\",\"value\":\"::\"}", document, StringComparison.Ordinal);
        Assert.DoesNotContain("\"node-ip\",\"value\":\"@", document, StringComparison.Ordinal);
    }

    private static string Render(ClusterSpec cluster, Bootstrap bootstrap, NodeNetwork? network = null)
    {
        var pool = bootstrap is Bootstrap.JoinWorker ? cluster.Workers.First() : cluster.ControlPlane;
        const string token = "abcdef.0123456789abcdef";
        return Documents.Render(
            new NodeDocument(
                cluster,
                pool,
                new NodeIdentity(new SystemId("abc123"), "Rack1-U04", "az1"),
                new ApiEndpoint("10.0.0.254", 6443),
                bootstrap,
                token
            )
            {
                Network = network,
            },
            Pki,
            Now
        );
    }

    /// <summary>The document with decoded contents, without secrets and random values.</summary>
    private static string Readable(string document)
    {
        var text = Regex.Replace(
            document,
            "  encoding: b64\n  content: (?<data>[A-Za-z0-9+/=]*)",
            found =>
                "  content (decoded):\n" + Indent(Encoding.UTF8.GetString(Convert.FromBase64String(found.Groups["data"].Value))),
            RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(5)
        );
        text = Regex.Replace(
            text,
            "(?<=certificate-authority-data\":\")[^\"]+",
            "(base64 of the CA)",
            RegexOptions.None,
            TimeSpan.FromSeconds(5)
        );
        return Regex
            .Replace(
                text,
                "-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----",
                found => $"({found.Value.Split("-----")[1][6..].ToLowerInvariant()})",
                RegexOptions.None,
                TimeSpan.FromSeconds(5)
            )
            .Replace("\r", "\\r", StringComparison.Ordinal);
    }

    private static string Indent(string text) => string.Join('\n', text.TrimEnd('\n').Split('\n').Select(line => "    " + line));

    private static string Data(string kubeconfig, string field) =>
        Encoding.UTF8.GetString(
            Convert.FromBase64String(
                kubeconfig.Split('\n').Single(line => line.Contains(field, StringComparison.Ordinal)).Split(": ")[1]
            )
        );

    private static KeyValuePair<LabelKey, LabelValue> Label(string key, string value) =>
        KeyValuePair.Create(LabelKey.Parse(key), LabelValue.Parse(value));
}
