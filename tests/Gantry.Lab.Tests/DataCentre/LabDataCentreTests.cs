using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Gantry.Lab;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Tests.Machines;
using Gantry.Testing;

namespace Gantry.Lab.Tests.DataCentre;

public sealed class LabDataCentreTests : IDisposable
{
    private static readonly string Version = GeneratedInventory.KubernetesVersions[3];

    private readonly string _folder = Directory.CreateTempSubdirectory("lab-data-centre").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_MAAS_client_forms_a_cluster_that_survives_a_restart_and_ends_with_its_machines()
    {
        var options = new LabOptions
        {
            Machines = 12,
            Speed = 2000,
            Seed = 7,
            DataFolder = _folder,
        };
        string[] ids;
        ClusterDocuments documents;
        await using (
            var lab = await LabDataCentre.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken)
        )
        {
            using var maas = new Maas(lab);
            var vip = lab.Network.Replace(".0.0/16", ".9.9", StringComparison.Ordinal);
            documents = new ClusterDocuments(vip) { Version = Version };
            ids = [await maas.AllocateAsync(), await maas.AllocateAsync(), await maas.AllocateAsync()];
            await maas.DeployAsync(ids[0], documents.Init());
            using var kubernetes = new Kubernetes(documents);
            await Eventually.HoldsAsync(async () => Assert.Single(await kubernetes.NodesAsync()));
            await maas.DeployAsync(ids[1], documents.JoinControlPlane());
            await maas.DeployAsync(ids[2], documents.JoinWorker());
            await kubernetes.AddNetworkAsync();
            await Eventually.HoldsAsync(async () =>
            {
                var nodes = await kubernetes.NodesAsync();
                Assert.Equal(3, nodes.Count);
                Assert.All(nodes.Values, Assert.True);
            });
            await Eventually.HoldsAsync(async () =>
                Assert.Contains(
                    "running modules for final",
                    (await maas.GetAsync($"events/?op=query&level=DEBUG&id={ids[2]}&limit=1000")).ToJsonString(),
                    StringComparison.Ordinal
                )
            );
        }

        await using (
            var lab = await LabDataCentre.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken)
        )
        {
            using var maas = new Maas(lab);
            using var kubernetes = new Kubernetes(documents);
            Assert.All((await kubernetes.NodesAsync()).Values, Assert.True);
            await maas.PostAsync($"machines/{ids[2]}/?op=power_off", []);
            await Eventually.HoldsAsync(async () => Assert.Single((await kubernetes.NodesAsync()).Values, ready => !ready));
            await maas.PostAsync($"machines/{ids[2]}/?op=power_on", []);
            await Eventually.HoldsAsync(async () => Assert.All((await kubernetes.NodesAsync()).Values, Assert.True));
            Assert.True(lab.Region.SetFaults(ids[2], new MachineFaults { Hangs = true }));
            await Eventually.HoldsAsync(async () => Assert.Single((await kubernetes.NodesAsync()).Values, ready => !ready));
            Assert.Equal("on", (await maas.GetAsync($"machines/{ids[2]}/?op=query_power_state"))["state"]!.ToString());
            foreach (var id in ids)
            {
                await maas.PostAsync($"machines/{id}/?op=release", []);
            }

            await Eventually.HoldsAsync(async () => await Assert.ThrowsAsync<HttpRequestException>(kubernetes.NodesAsync));
        }
    }

    [Fact]
    public async Task A_machine_whose_installation_ends_while_the_data_centre_is_down_boots_once()
    {
        var options = new LabOptions
        {
            Machines = 12,
            Speed = 60,
            Seed = 7,
            DataFolder = _folder,
        };
        string[] ids;
        ClusterDocuments documents;
        await using (
            var lab = await LabDataCentre.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken)
        )
        {
            using var maas = new Maas(lab);
            documents = new ClusterDocuments(lab.Network.Replace(".0.0/16", ".9.9", StringComparison.Ordinal))
            {
                Version = Version,
            };
            ids = [await maas.AllocateAsync(), await maas.AllocateAsync()];
            await maas.DeployAsync(ids[0], documents.Init());
        }

        var anHourLater = new LaterTime(TimeSpan.FromHours(1));
        await using var again = await LabDataCentre.StartAsync(
            options with
            {
                Speed = 2000,
            },
            anHourLater,
            TestContext.Current.CancellationToken
        );
        using var client = new Maas(again) { Time = anHourLater };
        using var kubernetes = new Kubernetes(documents);
        await Eventually.HoldsAsync(async () => Assert.Single(await kubernetes.NodesAsync()));

        // A second boot would run kubeadm init again and leave API servers that know different objects.
        await client.DeployAsync(ids[1], documents.JoinWorker());
        await Eventually.HoldsAsync(async () => Assert.Equal(2, (await kubernetes.NodesAsync()).Count));
        await Eventually.HoldsAsync(async () => Assert.Equal(1, await EndedBootsAsync(client, ids[1])));
        Assert.Equal(1, await EndedBootsAsync(client, ids[0]));
    }

    private static async Task<int> EndedBootsAsync(Maas maas, string machine) =>
        (await maas.GetAsync($"events/?op=query&level=DEBUG&id={machine}&limit=1000"))["events"]!
            .AsArray()
            .Count(line => line!.ToJsonString().Contains("running modules for final", StringComparison.Ordinal));

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    [Fact]
    public async Task Two_data_centres_run_side_by_side_and_a_data_folder_serves_only_one()
    {
        var options = new LabOptions
        {
            Machines = 2,
            Seed = 7,
            DataFolder = _folder,
        };
        await using var first = await LabDataCentre.StartAsync(
            options,
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        await using var second = await LabDataCentre.StartAsync(
            options with
            {
                DataFolder = null,
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        Assert.NotEqual(first.Network, second.Network);
        Assert.NotEqual(first.MaasUrl, second.MaasUrl);
        await Assert.ThrowsAsync<IOException>(() =>
            LabDataCentre.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Given_keys_also_apply_to_a_generated_data_centre()
    {
        var keys = new LabKeys("my:admin:key", "my:user:key");
        await using var lab = await LabDataCentre.StartAsync(
            new LabOptions
            {
                Machines = 2,
                Seed = 7,
                Keys = keys,
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        Assert.Equal("my:admin:key", lab.AdminKey);
        using var admin = new Maas(lab);
        using var alice = new Maas(lab) { Key = "my:user:key" };
        Assert.Equal("admin", (await admin.GetAsync("users/?op=whoami"))["username"]!.ToString());
        Assert.Equal("alice", (await alice.GetAsync("users/?op=whoami"))["username"]!.ToString());
    }

    [Theory]
    [InlineData("no colons")]
    [InlineData("a:b")]
    [InlineData("a::c")]
    [InlineData("a:b:c d")]
    public void Malformed_keys_are_refused(string key)
    {
        Assert.Throws<FormatException>(new LabKeys(key, null).Validate);
        Assert.Throws<FormatException>(new LabKeys(null, key).Validate);
    }

    [Fact]
    public async Task Pages_of_events_link_to_their_neighbours_as_recorded_and_storage_is_a_float()
    {
        await using var lab = await LabDataCentre.StartAsync(
            new LabOptions { Seed = 7, Inventory = new RecordingsSeed(new LabKeys(null, null)) },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        using var maas = new Maas(lab);
        var none = await maas.GetAsync("events/?op=query&level=CRITICAL&nosuch=1&limit=3&after=7");
        Assert.Equal("/MAAS/api/2.0/events/?op=query&level=CRITICAL&limit=3", none["next_uri"]!.ToString());
        Assert.Null(none["prev_uri"]);

        var machine = (await maas.PostAsync("machines/?op=allocate", [("name", "m01")]))["system_id"]!.ToString();
        await maas.PostAsync($"machines/{machine}/?op=deploy", []);
        var page = await maas.GetAsync("events/?op=query&limit=1");
        var id = page["events"]![0]!["id"]!.ToString();
        Assert.Equal($"/MAAS/api/2.0/events/?op=query&limit=1&after={id}", page["next_uri"]!.ToString());
        Assert.Equal($"/MAAS/api/2.0/events/?op=query&limit=1&before={id}", page["prev_uri"]!.ToString());

        Assert.All((await maas.GetAsync("machines/")).AsArray(), any => Assert.Contains('.', any!["storage"]!.ToJsonString()));
    }

    private sealed class Maas(LabDataCentre lab) : IDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = new Uri(lab.MaasUrl + "/api/2.0/") };
        private int _nonce;

        public string Key { get; init; } = lab.AdminKey;

        public TimeProvider Time { get; init; } = TimeProvider.System;

        public void Dispose() => _http.Dispose();

        public async Task<string> AllocateAsync() =>
            (await PostAsync("machines/?op=allocate", [("arch", "amd64")]))["system_id"]!.ToString();

        public Task DeployAsync(string id, byte[] userData) =>
            PostAsync(
                $"machines/{id}/?op=deploy",
                [
                    ("osystem", "custom"),
                    ("distro_series", $"ubuntu-24.04-k8s-{Version}"),
                    ("user_data", Convert.ToBase64String(userData)),
                ]
            );

        public Task<JsonNode> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

        public Task<JsonNode> PostAsync(string path, (string, string)[] form) =>
            SendAsync(
                HttpMethod.Post,
                path,
                new FormUrlEncodedContent(form.Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2)))
            );

        private async Task<JsonNode> SendAsync(HttpMethod method, string path, HttpContent? content)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            var key = Key.Split(':');
            request.Headers.TryAddWithoutValidation(
                "Authorization",
                $"OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\", oauth_consumer_key=\"{key[0]}\", "
                    + $"oauth_token=\"{key[1]}\", "
                    + $"oauth_signature=\"%26{key[2]}\", oauth_nonce=\"n{Interlocked.Increment(ref _nonce)}\", "
                    + $"oauth_timestamp=\"{Time.GetUtcNow().ToUnixTimeSeconds()}\""
            );
            using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {body}");
            return JsonNode.Parse(body)!;
        }
    }

    private sealed class Kubernetes : IDisposable
    {
        private readonly HttpClient _http;

        public Kubernetes(ClusterDocuments documents)
        {
            using var authority = X509Certificate2.CreateFromPem(documents.Ca.Pem, documents.Ca.Key);
            var (me, signer) = (documents.ClientCertificate(), authority.Subject);
            _http = new HttpClient(
                new SocketsHttpHandler
                {
                    SslOptions =
                    {
                        ClientCertificates = [me],
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Issuer == signer,
                    },
                    PooledConnectionLifetime = TimeSpan.Zero,
                }
            )
            {
                BaseAddress = new Uri($"https://{documents.Endpoint}:6443/"),
            };
        }

        public void Dispose() => _http.Dispose();

        /// <summary>Names of the nodes, and whether each is Ready.</summary>
        public async Task<Dictionary<string, bool>> NodesAsync()
        {
            var list = await _http.GetFromJsonAsync<JsonObject>("api/v1/nodes", TestContext.Current.CancellationToken);
            return list!["items"]!
                .AsArray()
                .ToDictionary(
                    node => node!["metadata"]!["name"]!.ToString(),
                    node =>
                        node!["status"]!["conditions"]!
                            .AsArray()
                            .Any(c => c!["type"]!.ToString() == "Ready" && c["status"]!.ToString() == "True")
                );
        }

        public async Task AddNetworkAsync()
        {
            using var answer = await _http.PostAsync(
                "apis/apps/v1/namespaces/kube-system/daemonsets",
                new StringContent(
                    """
                    {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"cni"},
                      "spec":{"selector":{"matchLabels":{"app":"cni"}},
                     "template":{"metadata":{"labels":{"app":"cni"}},"spec":{"hostNetwork":true,
                       "tolerations":[{"operator":"Exists"}],
                     "containers":[{"name":"cni","image":"cni:1"}]}}}}
                    """,
                    System.Text.Encoding.UTF8,
                    "application/json"
                ),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }
    }
}
