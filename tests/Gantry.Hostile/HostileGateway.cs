using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Protocol;

namespace Gantry.Hostile;

/// <summary>A paired gateway in foreign hands: it has a key that the console accepts, and sends anything.</summary>
/// <param name="console">Speaks to the console without credentials.</param>
/// <param name="people">Speaks to the console as a person whom the gateway wants to harm; <c>null</c> leaves that out.</param>
/// <param name="signing">The gateway's signing key.</param>
public sealed class HostileGateway(HttpClient console, HttpClient? people, ECDsa signing, string uid)
{
    public HttpClient Console => console;

    public HttpClient? People => people;

    public ECDsa Signing => signing;

    public string Uid => uid;

    /// <summary>A cluster of this gateway that runs; <c>null</c> leaves out what needs one.</summary>
    public string? Cluster { get; init; }

    /// <summary>A cluster of another gateway.</summary>
    public string? ForeignCluster { get; init; }

    /// <summary>Pairs with the code.</summary>
    public static async Task<HostileGateway> PairAsync(HttpClient console, string code, CancellationToken cancellationToken)
    {
        var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var sealing = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        console.DefaultRequestHeaders.Add(ProtocolContract.Header, $"{ProtocolContract.Version}");
        using var answer = await console.PostAsJsonAsync(
            GatewayPaths.Pair,
            new PairRequest(
                code,
                "hostile",
                Convert.ToBase64String(signing.ExportSubjectPublicKeyInfo()),
                Convert.ToBase64String(sealing.ExportSubjectPublicKeyInfo()),
                "1.0"
            ),
            ProtocolJson.Options,
            cancellationToken
        );
        answer.EnsureSuccessStatusCode();
        var paired = await answer.Content.ReadFromJsonAsync<PairResponse>(ProtocolJson.Options, cancellationToken);
        return new HostileGateway(console, null, signing, paired!.GatewayUid);
    }

    public Task<HttpResponseMessage> SendAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(path, JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), ProtocolJson.Options), cancellationToken);

    public Task<HttpResponseMessage> SendAsync(string path, byte[] body, CancellationToken cancellationToken) =>
        SendAsync(path, body, TokenFor(path, body), cancellationToken);

    public async Task<HttpResponseMessage> SendAsync(string path, byte[] body, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await console.SendAsync(request, cancellationToken);
    }

    public string TokenFor(string path, byte[] body) =>
        GatewayToken.Sign(signing, uid, "POST", path, body, TimeProvider.System.GetUtcNow());

    /// <summary>Answers the next request of the console for this gateway while a person waits for it.</summary>
    public async Task<HttpResponseMessage> WhileAnsweringAsync(
        Task<HttpResponseMessage> person,
        Func<JsonObject, JsonNode> answer,
        CancellationToken cancellationToken
    )
    {
        while (!person.IsCompleted)
        {
            var poll = new DesiredStateRequest(0, 0, new GatewayReport("1.0", TimeProvider.System.GetUtcNow(), 0));
            using var polled = await SendAsync(GatewayPaths.Desired, poll, cancellationToken);
            var state = JsonNode.Parse(await polled.Content.ReadAsStringAsync(cancellationToken));
            foreach (var request in state?["asks"]?.AsArray() ?? [])
            {
                var result = new JsonObject { ["askId"] = request!["id"]!.DeepClone(), ["result"] = answer(request.AsObject()) };
                using var taken = await SendAsync(
                    GatewayPaths.Answers,
                    System.Text.Encoding.UTF8.GetBytes(result.ToJsonString()),
                    cancellationToken
                );
            }
        }

        return await person;
    }
}
