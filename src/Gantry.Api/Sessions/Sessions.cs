using System.Text.Json.Serialization;

namespace Gantry.Api;

public sealed record AuthLogin(string? EmailId, string? Password, string? Org);

public sealed record UserToken([property: JsonPropertyName("Authorization")] string Authorization, bool IsMfa);

public sealed record AuthTokenRevoke(IReadOnlyList<string>? Tokens);

public sealed record UserInfo(string OrgName, string TenantUid, string UserUid);
