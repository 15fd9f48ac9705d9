namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Sessions: log in, renew, revoke.</summary>
    public static class Sessions
    {
        public static Operation<AuthLogin, UserToken> Authenticate { get; } =
            new("v1Authenticate", "POST /v1/auth/authenticate", Permission.Anonymous)
            {
                Tag = "Authentication",
                Summary = "Log in with e-mail and password.",
                Query = [QueryParameters.SetCookie],
            };

        public static Operation<NoBody, UserToken> Refresh { get; } =
            new("v1AuthRefresh", "GET /v1/auth/refresh/{token}", Permission.Anonymous)
            {
                Tag = "Authentication",
                Summary = "Exchange a valid session token for a new one.",
                Query = [QueryParameters.SetCookie],
            };

        public static Operation<AuthTokenRevoke, NoBody> Revoke { get; } =
            new("v1UsersAuthTokensRevoke", "POST /v1/users/auth/tokens/revoke", Permission.SignedIn)
            {
                Tag = "Authentication",
                Summary = "End sessions of the caller.",
            };

        public static Operation<NoBody, UserInfo> WhoAmI { get; } =
            new("v1UsersInfoGet", "GET /v1/users/info", Permission.SignedIn)
            {
                Tag = "Authentication",
                Summary = "Read who the caller is.",
            };
    }
}
