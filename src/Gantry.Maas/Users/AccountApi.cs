using Gantry.Maas.Http;

namespace Gantry.Maas.Users;

/// <summary>An API key of the caller; a secret.</summary>
public sealed record AuthorisationToken(string Token, string Name = "")
{
    public override string ToString() => $"token {Name}";
}

/// <summary><c>account/</c>: the caller's API keys.</summary>
public sealed class AccountApi
{
    private readonly MaasHttp _http;

    internal AccountApi(MaasHttp http) => _http = http;

    public Task<MaasList<AuthorisationToken>> ListTokensAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<AuthorisationToken>>(
            "account/",
            new MaasForm().Add("op", "list_authorisation_tokens"),
            cancellationToken
        );

    /// <returns>The new API key.</returns>
    public async Task<MaasApiKey> CreateTokenAsync(string? name, CancellationToken cancellationToken)
    {
        var created = await _http.PostAsync<CreatedToken>(
            "account/",
            "create_authorisation_token",
            new MaasForm().Add("name", name),
            cancellationToken
        );
        return MaasApiKey.Parse($"{created.ConsumerKey}:{created.TokenKey}:{created.TokenSecret}");
    }

    public Task DeleteTokenAsync(string tokenKey, CancellationToken cancellationToken) =>
        _http.PostAsync("account/", "delete_authorisation_token", new MaasForm().Add("token_key", tokenKey), cancellationToken);

    private sealed record CreatedToken(string ConsumerKey, string TokenKey, string TokenSecret);
}
