using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gantry.Server.Store;
using Gantry.Testing.Contract;
using Microsoft.Extensions.Logging;

namespace Gantry.Server.Tests.Hosting;

/// <summary>A console on a free port with its own folder, and a client that trusts its CA.</summary>
public sealed class TestConsole : IAsyncDisposable
{
    private readonly string _folder;
    private readonly StoreProvider _store;

    private TestConsole(ConsoleHost host, string folder, string apiKey, StoreProvider store)
    {
        _store = store;
        Host = host;
        _folder = folder;
        ApiKey = apiKey;
        Client = NewClient();
        Client.DefaultRequestHeaders.Add("ApiKey", apiKey);
    }

    public ConsoleHost Host { get; }

    public string ApiKey { get; }

    public HttpClient Client { get; }

    /// <summary>The console's data folder.</summary>
    public string Folder => _folder;

    public static async Task<TestConsole> StartAsync(
        TimeProvider? time = null,
        Func<ConsoleOptions, ConsoleOptions>? change = null,
        StoreProvider? store = null,
        ILoggerProvider? logs = null
    )
    {
        var data = Directory.CreateTempSubdirectory("gantry-console-").FullName;
        var options = new ConsoleOptions
        {
            DataFolder = data,
            Port = 0,
            RegionTimeout = TimeSpan.Zero,
        };
        store ??= SqliteStore.In(data);
        var host = await ConsoleHost.StartAsync(
            change?.Invoke(options) ?? options,
            time ?? TimeProvider.System,
            logs,
            TestContext.Current.CancellationToken,
            store
        );
        return new TestConsole(host, data, host.Bootstrap!.ApiKey, store);
    }

    /// <summary>A client without credentials.</summary>
    public HttpClient NewClient() => NewClient(Host);

    /// <param name="from">The client's own address, one of 127.0.0.0/8; null leaves it to the system.</param>
    public static HttpClient NewClient(ConsoleHost host, IPAddress? from = null)
    {
        var ca = X509CertificateLoader.LoadCertificateFromFile(host.CaFile);
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { ca },
                },
            },
        };
        if (from is not null)
        {
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Bind(new IPEndPoint(from, 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return new HttpClient(new ContractHandler(handler)) { BaseAddress = host.Url };
    }

    /// <summary>The console's store, read without its API.</summary>
    public ConsoleDb OpenStore(Caller? caller = null) => _store.Open(caller);

    public async Task<JsonElement> GetAsync(string path) => await ReadAsync(await Client.GetAsync(path), 200);

    public async Task<JsonElement> PostAsync(string path, object body, int expected = 201) =>
        await ReadAsync(await Client.PostAsJsonAsync(path, body), expected);

    public async Task<JsonElement> PutAsync(string path, object body, int expected = 204) =>
        await ReadAsync(await Client.PutAsJsonAsync(path, body), expected);

    public async Task<JsonElement> PatchAsync(string path, object? body = null, int expected = 204) =>
        await ReadAsync(await Client.PatchAsync(path, body is null ? null : JsonContent.Create(body, body.GetType())), expected);

    public async Task<JsonElement> DeleteAsync(string path, int expected = 204) =>
        await ReadAsync(await Client.DeleteAsync(path), expected);

    /// <summary>The fields in an answer of status 400.</summary>
    public static IReadOnlyList<string> Fields(JsonElement refused) =>
        [
            .. refused
                .GetProperty("details")
                .GetProperty("fields")
                .EnumerateArray()
                .Select(problem => problem.GetProperty("field").GetString()!),
        ];

    public static string Message(JsonElement refused) => refused.GetProperty("message").GetString()!;

    /// <summary>The body, once the status is the expected one.</summary>
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response, int expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == (int)response.StatusCode, $"{(int)response.StatusCode} instead of {expected}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
