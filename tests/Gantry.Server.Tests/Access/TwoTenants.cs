using System.Reflection;
using System.Text.Json;
using Gantry.Protocol;
using Gantry.Server.Auth;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Access;

/// <summary>
/// A console with a cluster and all its objects in one project, another project of the same tenant, and another tenant.
/// Created once: no tested caller may change anything of the first project.
/// </summary>
public sealed class TwoTenants : IAsyncLifetime
{
    private const string OtherTenant = "other-tenant";

    public World World { get; private set; } = null!;

    public TestConsole Console => World.Console;

    /// <summary>A client without credentials of its own.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    public string Cluster { get; private set; } = "";

    public string CloudConfig { get; private set; } = "";

    public string ClusterAudit { get; private set; } = "";

    public string ApiKey { get; private set; } = "";

    public string OtherProject { get; private set; } = "";

    /// <summary>Names and uids that only the callers of the first project may read.</summary>
    public IReadOnlyList<string> Secrets { get; private set; } = [];

    public ApiCaller OfTheProject { get; private set; } = null!;

    public ApiCaller OfAnotherProject { get; private set; } = null!;

    public ApiCaller OfAnotherTenant { get; private set; } = null!;

    /// <summary>Callers whose credential is missing or invalid, with the word in the refusal.</summary>
    public IReadOnlyList<ApiCaller> Refused { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        // One address sends a thousand requests here, which a busy machine may answer faster than it refills the limit of an address.
        World = await World.MakeAsync(change: options =>
            options with
            {
                RequestTimeout = TimeSpan.FromSeconds(2),
                RequestLimit = new RateLimit(100_000, 100_000, TimeSpan.FromSeconds(1)),
            }
        );
        Anonymous = Console.NewClient();
        Cluster = await World.CreateClusterAsync("confidential-cluster");
        CloudConfig = (await World.ConfigAsync(Cluster)).Split('/')[^1];
        ClusterAudit = (await Console.GetAsync($"/v1/audits?resourceUid={Cluster}"))
            .GetProperty("items")[0]
            .GetProperty("metadata")
            .GetProperty("uid")
            .GetString()!;
        ApiKey = (await Console.GetAsync("/v1/apiKeys"))
            .GetProperty("items")[0]
            .GetProperty("metadata")
            .GetProperty("uid")
            .GetString()!;
        OtherProject = (await Console.PostAsync("/v1/projects", new { metadata = new { name = "other-project" } }))
            .GetProperty("uid")
            .GetString()!;
        Secrets = ["confidential-cluster", "lab-infra", Cluster, CloudConfig, World.Account, World.Profile];

        await using var db = OpenStore();
        var tenant = (await db.Users.SingleAsync()).TenantUid;
        OfTheProject = Key(Console.ApiKey) with { Project = World.Project };
        OfAnotherProject = Key(Console.ApiKey) with { Project = OtherProject };
        OfAnotherTenant = Key(AddKey(db, AddUser(db, "stranger@example.com", OtherTenant)));
        var admin = await db.Users.SingleAsync(row => row.TenantUid == tenant);
        var ended = new FakeTimeProvider(TimeProvider.System.GetUtcNow() - (2 * SessionTokens.Lifetime));
        var sessionKey = SessionKey.Ensure(SessionKey.FileIn(Console.Folder));
        Refused =
        [
            new("nobody", "Send an API key"),
            Key("a-key-that-was-never-given-out", "not known"),
            Key(AddKey(db, admin, row => row.ExpiresAt = DateTimeOffset.UnixEpoch), "expired"),
            Key(AddKey(db, admin, row => row.IsActive = false), "deactivated"),
            Key(AddKey(db, AddUser(db, "gone@example.com", tenant, isActive: false)), "user of this API key is deactivated"),
            Session(new SessionTokens(sessionKey, ended).Issue(admin.Uid), "not valid or has ended"),
            Session(await RevokedSessionAsync(admin.Uid, sessionKey), "not valid or has ended"),
            Session(new SessionTokens(sessionKey, TimeProvider.System).Issue("nobody"), "gone or deactivated"),
            Session(new SessionTokens(new byte[32], TimeProvider.System).Issue(admin.Uid), "not valid or has ended"),
            new("gateway token", "not valid or has ended")
            {
                Sign = (path, body) => World.Gateway.Sign(path, body).Headers.Authorization!.ToString(),
            },
        ];
        await db.SaveChangesAsync();
    }

    /// <param name="caller">Null sees all rows.</param>
    public ConsoleDb OpenStore(Caller? caller = null) => Console.OpenStore(caller);

    /// <summary>All rows of the first tenant as text, without the time of its gateway's last contact.</summary>
    public async Task<string> RowsAsync()
    {
        await using var db = OpenStore();
        List<string> rows = [];
        foreach (
            var set in typeof(ConsoleDb)
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property =>
                    property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(DbSet<>)
                )
        )
        {
            foreach (
                var row in ((IQueryable<object>)set.GetValue(db)!)
                    .AsEnumerable()
                    .Where(row => row is not ITenantOwned { TenantUid: OtherTenant } and not SettingRow)
            )
            {
                if (row is GatewayRow gateway)
                {
                    gateway.LastSeenAt = null;
                }

                rows.Add($"{set.Name} {JsonSerializer.Serialize(row, row.GetType())}");
            }
        }

        return string.Join('\n', rows);
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        await World.DisposeAsync();
    }

    private static ApiCaller Key(string key, string refusal = "") => new($"API key ({refusal})", refusal) { ApiKey = key };

    private static ApiCaller Session(string token, string refusal) => new($"session ({refusal})", refusal) { Token = token };

    private static UserRow AddUser(ConsoleDb db, string email, string tenant, bool isActive = true)
    {
        var user = new UserRow
        {
            TenantUid = tenant,
            Uid = $"uid of {email}",
            Email = email,
            PasswordHash = Passwords.Hash("password"),
            IsActive = isActive,
        };
        db.Users.Add(user);
        return user;
    }

    private static string AddKey(ConsoleDb db, UserRow user, Action<ApiKeyRow>? change = null)
    {
        var (row, key) = FirstStart.NewKey("test", user.Uid, TimeProvider.System.GetUtcNow());
        row.TenantUid = user.TenantUid;
        change?.Invoke(row);
        db.ApiKeys.Add(row);
        return key;
    }

    private async Task<string> RevokedSessionAsync(string user, byte[] sessionKey)
    {
        var token = new SessionTokens(sessionKey, TimeProvider.System).Issue(user);
        await Console.PostAsync("/v1/users/auth/tokens/revoke", new { tokens = new[] { token } }, 204);
        return token;
    }
}

/// <summary>A caller, with or without credentials.</summary>
/// <param name="Refusal">The word in the refusal, where the credential is not accepted.</param>
public sealed record ApiCaller(string Name, string Refusal)
{
    public string? ApiKey { get; init; }

    public string? Token { get; init; }

    public string? Project { get; init; }

    /// <summary>Makes the header <c>Authorization</c> for a path and a body.</summary>
    public Func<string, object, string>? Sign { get; init; }

    public HttpRequestMessage Request(string method, string path, object? body)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, ProtocolJson.Options));
            request.Content.Headers.ContentType = new("application/json");
        }

        Add("ApiKey", ApiKey);
        Add("Authorization", Token ?? Sign?.Invoke(path, body ?? new { }));
        Add("ProjectUid", Project);
        return request;

        void Add(string header, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }
        }
    }
}
