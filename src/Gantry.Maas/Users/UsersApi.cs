using Gantry.Maas.Http;

namespace Gantry.Maas.Users;

public sealed record User(string Username, bool IsSuperuser, string? Email = null, bool IsLocal = true);

/// <summary><c>users/</c></summary>
public sealed class UsersApi
{
    private readonly MaasHttp _http;

    internal UsersApi(MaasHttp http) => _http = http;

    /// <summary>Reads the user of the API key. Unlike <c>version/</c>, this call fails when MAAS rejects the key.</summary>
    public Task<User> WhoAmIAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<User>("users/", new MaasForm().Add("op", "whoami"), cancellationToken);

    public Task<MaasList<User>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<User>>("users/", cancellationToken);

    public Task<User> GetAsync(string username, CancellationToken cancellationToken) =>
        _http.GetAsync<User>($"users/{Uri.EscapeDataString(username)}/", cancellationToken);

    /// <summary>Administrators only.</summary>
    public Task<User> CreateAsync(
        string username,
        string email,
        string password,
        bool isSuperuser,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<User>(
            "users/",
            null,
            new MaasForm()
                .Add("username", username)
                .Add("email", email)
                .Add("password", password)
                .Add("is_superuser", isSuperuser ? 1 : 0),
            cancellationToken
        );

    public Task DeleteAsync(string username, CancellationToken cancellationToken) =>
        _http.DeleteAsync($"users/{Uri.EscapeDataString(username)}/", cancellationToken);
}
