namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>API keys of users.</summary>
    public static class ApiKeys
    {
        public static Operation<NoBody, ItemList<ApiKeyView>> List { get; } =
            new("v1ApiKeysList", "GET /v1/apiKeys", Permissions.ApiKey.List)
            {
                Tag = "API keys",
                Summary = "List API keys.",
                Query = QueryParameters.List,
            };

        public static Operation<ApiKeyEntity, ApiKeyCreateResponse> Create { get; } =
            new("v1ApiKeysCreate", "POST /v1/apiKeys", Permissions.ApiKey.Create)
            {
                Tag = "API keys",
                Summary = "Create an API key. No other operation returns its value.",
                Status = 201,
            };

        public static Operation<NoBody, ApiKeyView> Get { get; } =
            new("v1ApiKeysUidGet", "GET /v1/apiKeys/{uid}", Permissions.ApiKey.Get)
            {
                Tag = "API keys",
                Summary = "Read an API key without its value.",
            };

        public static Operation<ApiKeyUpdate, NoBody> Update { get; } =
            new("v1ApiKeysUidUpdate", "PUT /v1/apiKeys/{uid}", Permissions.ApiKey.Update)
            {
                Tag = "API keys",
                Summary = "Change name and expiry of an API key.",
            };

        public static Operation<ApiKeyActiveState, NoBody> SetActive { get; } =
            new("v1ApiKeysUidActiveState", "PATCH /v1/apiKeys/{uid}", Permissions.ApiKey.Update)
            {
                Tag = "API keys",
                Summary = "Activate or deactivate an API key.",
            };

        public static Operation<ApiKeyActiveState, NoBody> SetState { get; } =
            new("v1ApiKeysUidState", "PUT /v1/apiKeys/{uid}/state", Permissions.ApiKey.Update)
            {
                Tag = "API keys",
                Summary = "Activate or deactivate an API key.",
            };

        public static Operation<NoBody, NoBody> Delete { get; } =
            new("v1ApiKeysUidDelete", "DELETE /v1/apiKeys/{uid}", Permissions.ApiKey.Delete)
            {
                Tag = "API keys",
                Summary = "Delete an API key.",
            };
    }
}
